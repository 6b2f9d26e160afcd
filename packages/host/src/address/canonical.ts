import { parseAddress } from './address-bytes.ts'
import { addressText } from './address-text.ts'

/**
 * The one way to write an address, as netlink's are written here.
 * @throws InvalidRequestError when the text is no address
 */
export const canonical = (text: string): string => {
  const { bytes } = parseAddress(text)
  return addressText(new DataView(bytes.buffer), 0, bytes.length)
}
