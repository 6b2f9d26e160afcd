import {
  type Address,
  type Family,
  type Prefix,
  parseInterfaceAddress,
  prefixAround,
} from '@portolan/netfilter'

/**
 * A prefix of a pool, with the size of the subnets that it is cut into.
 * @public @since 0.1.0
 */
export interface PoolEntry {
  readonly prefix: Prefix
  /** The length of its subnets, handed out lowest first. It is never shorter than the prefix's own length. */
  readonly size: number
  /** The gateway that the pool writes, for an entry that is one subnet; null: the first usable address. */
  readonly gateway: Address | null
}

/**
 * The ranges that subnets are picked from: entries in the order of preference, which may overlap each other.
 * @example
 * const pool: Pool = parsePool('10.200.0.0/16:24')
 * pool.entries[0]?.size // 24
 * @public @since 0.1.0
 */
export interface Pool {
  /** The name as a user writes it: `classic`, `docker`, `10.0.0.0/8:24`. */
  readonly name: string
  readonly entries: readonly PoolEntry[]
}

const gatewayForm = (text: string): PoolEntry => {
  const { address, length } = parseInterfaceAddress(text)
  return { prefix: prefixAround(address, length), size: length, gateway: address }
}

/** Cuts `base` into subnets of one size. */
export const cut = (base: Prefix, size: number): PoolEntry => ({ prefix: base, size, gateway: null })

const cutText = (text: string, size: number): PoolEntry => {
  const { address, length } = parseInterfaceAddress(text)
  return cut(prefixAround(address, length), size)
}

/**
 * The first default pool: the ranges from which the first Docker bridges were chosen, in that order. The gateway of
 * each is the address as written here. The pool never uses 172.16.0.0/16 whole, because EC2's resolver is 172.16.0.23.
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
 * The IPv4 pools to try when no pool is named, in this order. A host that has used up the twelve subnets of `classic`
 * still finds room in `docker`.
 * @example
 * defaultPools.map(({ name }) => name) // ['classic', 'docker']
 * @public @since 0.1.0
 */
export const defaultPools: readonly Pool[] = [classicPool, dockerPool]

/** The pools that have a family. If none has it, the fallback. */
export const poolsOf = (
  family: Family,
  pools: readonly Pool[],
  fallback: readonly Pool[],
): readonly Pool[] => {
  const fitting = pools.filter(({ entries }) => entries.some(({ prefix }) => prefix.family === family))
  return fitting.length > 0 ? fitting : fallback
}

/**
 * The gateway that a pool entry writes for a subnet, if the subnet is the whole entry. Null: the caller takes another,
 * such as `firstUsable`.
 */
export const writtenGateway = (entry: PoolEntry, subnet: Prefix): Address | null =>
  entry.gateway !== null && entry.prefix.length === subnet.length && entry.prefix.base === subnet.base
    ? entry.gateway
    : null
