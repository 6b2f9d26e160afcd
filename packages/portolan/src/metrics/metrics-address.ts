import { type Family, formatAddress, InvalidRequestError, tryParseAddress } from '@portolan/netfilter'

/** The address at which metrics are served. */
export interface MetricsAddress {
  readonly family: Family
  readonly address: string
  readonly port: number
  /** The address as a URL has it: `127.0.0.1:9469`, `[::1]:9469`. */
  readonly text: string
}

/**
 * Reads `ADDRESS:PORT`. A name is refused: it may stand for several addresses, and for others tomorrow. So it would not
 * say where the server listens. Port 0 is refused too, because no scraper could be told of its port beforehand.
 *
 * @throws InvalidRequestError
 */
export const parseMetricsAddress = (text: string): MetricsAddress => {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const address = tryParseAddress(bracketed ?? plain ?? '')
  const isIp6 = address?.family === 'ip6'
  if (address === null || isIp6 !== (bracketed !== undefined))
    throw new InvalidRequestError(
      `--metrics ${JSON.stringify(text)}: expected an address of this host and a port, such as 127.0.0.1:9469 or [::1]:9469.${nameHint(plain)}`,
    )
  const port = Number(digits)
  if (port < 1 || port > 65_535)
    throw new InvalidRequestError(
      `--metrics ${text}: expected a port from 1 to 65535, one that a scraper can be told of.`,
    )
  const shown = formatAddress(address)
  return { family: address.family, address: shown, port, text: `${isIp6 ? `[${shown}]` : shown}:${port}` }
}

const nameHint = (plain: string | undefined): string =>
  plain !== undefined && /[a-z]/i.test(plain)
    ? ' A name is not looked up: it may stand for several addresses.'
    : ''
