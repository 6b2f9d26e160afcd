import {
  type Address,
  type Family,
  type Prefix,
  parseInterfaceAddress,
  prefixAround,
} from '@portolan/netfilter'

/**
 * A prefix of a pool and how it is cut.
 * @public @since 0.1.0
 */
export interface PoolEntry {
  readonly prefix: Prefix
  /** Length of the subnets it is cut into, lowest first; never shorter than the prefix's own. */
  readonly size: number
  /** The gateway as the pool writes it, where the entry is one subnet; null: the first address. */
  readonly gateway: Address | null
}

/**
 * Where subnets are picked from: entries in the order of preference. They may overlap one another.
 * @example
 * const pool: Pool = parsePool('10.200.0.0/16:24')
 * pool.entries[0]?.size // 24
 * @public @since 0.1.0
 */
export interface Pool {
  /** As a user writes it: `classic`, `docker`, `10.0.0.0/8:24`. */
  readonly name: string
  readonly entries: readonly PoolEntry[]
}

const gatewayForm = (text: string): PoolEntry => {
  const { address, length } = parseInterfaceAddress(text)
  return { prefix: prefixAround(address, length), size: length, gateway: address }
}

/** `base` cut into subnets of one size; host bits of the base are cleared. */
export const cut = (base: Prefix, size: number): PoolEntry => ({ prefix: base, size, gateway: null })

const cutText = (text: string, size: number): PoolEntry => {
  const { address, length } = parseInterfaceAddress(text)
  return cut(prefixAround(address, length), size)
}

/**
 * The first of the default pools: the ranges the first Docker bridges were elected from, in that order, each with its gateway
 * at .42.1. It never uses 172.16.0.0/16 whole, because EC2's resolver is 172.16.0.23.
 * @example
 * const [web] = planSubnets({}, [{ network: 'web', family: 'ip' }], [classicPool])
 * web?.gateway // '172.17.42.1'
 * @public @since 0.1.0
 */
export const classicPool: Pool = {
  name: 'classic',
  entries: [
    '172.17.42.1/16',
    '10.0.42.1/16',
    '10.1.42.1/16',
    '10.42.42.1/16',
    '172.16.42.1/24',
    '172.16.43.1/24',
    '172.16.44.1/24',
    '10.0.42.1/24',
    '10.0.43.1/24',
    '192.168.42.1/24',
    '192.168.43.1/24',
    '192.168.44.1/24',
  ].map(gatewayForm),
}

/**
 * The pool Docker uses today, for hosts where people expect its subnets. The gateway is the first address.
 * @public @since 0.1.0
 */
export const dockerPool: Pool = {
  name: 'docker',
  entries: [
    cutText('172.17.0.0/16', 16),
    cutText('172.18.0.0/16', 16),
    cutText('172.19.0.0/16', 16),
    cutText('172.20.0.0/14', 16),
    cutText('172.24.0.0/14', 16),
    cutText('172.28.0.0/14', 16),
    cutText('192.168.0.0/16', 20),
  ],
}

/**
 * The IPv4 pools that are tried when none is named, in this order. A host that has used up the twelve subnets of
 * `classic` still finds room in `docker`.
 * @example
 * defaultPools.map(({ name }) => name) // ['classic', 'docker']
 * @public @since 0.1.0
 */
export const defaultPools: readonly Pool[] = [classicPool, dockerPool]

/** The pools that have a family; if none has it, the default pools. */
export const poolsOf = (
  family: Family,
  pools: readonly Pool[],
  fallback: readonly Pool[],
): readonly Pool[] => {
  const fitting = pools.filter(({ entries }) => entries.some(({ prefix }) => prefix.family === family))
  return fitting.length > 0 ? fitting : fallback
}

/** The gateway of a subnet that names none: see `firstUsable` for which address that is. */
export const writtenGateway = (entry: PoolEntry, subnet: Prefix): Address | null =>
  entry.gateway !== null && entry.prefix.length === subnet.length && entry.prefix.base === subnet.base
    ? entry.gateway
    : null
