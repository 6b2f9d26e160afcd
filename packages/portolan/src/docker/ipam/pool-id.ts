import { type Family, formatPrefix, InvalidRequestError, tryParsePrefix } from '@portolan/netfilter'

/**
 * A pool, as the id that Docker keeps for it describes it. The id holds everything about the pool, so a pool is known
 * even after this program lost its state.
 */
export interface PoolId {
  readonly family: Family
  /** Canonical CIDR. */
  readonly subnet: string
  readonly length: number
  /** The prefix from which addresses are given out; null: the whole subnet. */
  readonly ipRange: string | null
}

/** Makes the id of a pool. @example poolIdText('172.17.0.0/16', null) // '172.17.0.0/16' */
export const poolIdText = (subnet: string, ipRange: string | null): string =>
  ipRange === null ? subnet : `${subnet},${ipRange}`

/** Reads the id of a pool. @throws InvalidRequestError for a text that `poolIdText` never makes */
export const readPoolId = (text: string): PoolId => {
  const [subnet = '', ipRange, ...more] = text.split(',')
  const prefix = tryParsePrefix(subnet)
  const range = ipRange === undefined ? null : tryParsePrefix(ipRange)
  if (prefix === null || more.length > 0 || (ipRange !== undefined && range === null))
    throw new InvalidRequestError(
      `PoolID is ${JSON.stringify(text)}: expected one that RequestPool of this driver gave, such as 172.17.0.0/16.`,
    )
  return {
    family: prefix.family,
    subnet: formatPrefix(prefix),
    length: prefix.length,
    ipRange: range === null ? null : formatPrefix(range),
  }
}

/** The network on which the addresses of a pool are leased, besides the network that gets the subnet. */
export const poolNetwork = (subnet: string): string => `pool-${subnet.replaceAll(/[/:]+/g, '-')}`

/** Tells whether a network is one of `poolNetwork`. @example isPoolNetwork('pool-172.17.0.0-16') // true */
export const isPoolNetwork = (network: string): boolean => network.startsWith('pool-')
