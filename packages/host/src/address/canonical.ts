import { parseAddress } from './address-bytes.ts'
import { addressText } from './address-text.ts'

/**
 * The canonical text of an address, in the form of the addresses that come from netlink.
 * @throws InvalidRequestError when the text is not an address
 */
export const canonical = (text: string): string => {
  const { bytes } = parseAddress(text)
  return addressText(new DataView(bytes.buffer), 0, bytes.length)
}
