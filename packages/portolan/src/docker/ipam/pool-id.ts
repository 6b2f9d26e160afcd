import { type Family, formatPrefix, InvalidRequestError, tryParsePrefix } from '@portolan/netfilter'

/**
 * What Docker calls a pool by, which says all that is to be known of it: Docker keeps it, so a pool is known even where
 * this program has lost its state.
 */
export interface PoolId {
  readonly family: Family
  /** Canonical CIDR. */
  readonly subnet: string
  readonly length: number
  /** Addresses are given out inside this prefix; null: anywhere in the subnet. */
  readonly ipRange: string | null
}

/** @example poolIdText('172.17.0.0/16', null) // '172.17.0.0/16' */
export const poolIdText = (subnet: string, ipRange: string | null): string =>
  ipRange === null ? subnet : `${subnet},${ipRange}`

/** @throws InvalidRequestError for what `poolIdText` never made */
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

/** The network that the addresses of a pool are leased on, beside the network that gets the subnet. */
export const poolNetwork = (subnet: string): string => `pool-${subnet.replaceAll(/[/:]+/g, '-')}`

/** @example isPoolNetwork('pool-172.17.0.0-16') // true */
export const isPoolNetwork = (network: string): boolean => network.startsWith('pool-')
