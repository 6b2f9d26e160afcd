import type { Family } from '@portolan/netfilter'
import { concat, type Expression, meta, payload } from '../model/index.ts'

/**
 * How exactly a mapping says where it listens; the more exact level is looked up first. `bound-host`: interface and
 * host address. `host`: host address alone. `bound`: interface alone. `any`: neither.
 */
export type Level = 'bound-host' | 'host' | 'bound' | 'any'

/** The levels, from the most exact to the least. */
export const levels: readonly Level[] = ['bound-host', 'host', 'bound', 'any']

const isBound = (level: Level): boolean => level === 'bound-host' || level === 'bound'
const isHost = (level: Level): boolean => level === 'bound-host' || level === 'host'

/** The name of a map for one family and level: `dnat4`, `dnat4_host`, `bound6_host`. */
export const mapName = (stem: string, family: Family, level: Level): string => {
  const suffix = level === 'any' ? '' : `_${level.replace('-', '_')}`
  return `${stem}${family === 'ip' ? '4' : '6'}${suffix}`
}

const namesOf = (stem: string, family: Family): Readonly<Record<Level, string>> => ({
  any: mapName(stem, family, 'any'),
  bound: mapName(stem, family, 'bound'),
  host: mapName(stem, family, 'host'),
  'bound-host': mapName(stem, family, 'bound-host'),
})

/**
 * The names of the maps of one stem. They are made once: building and hashing a name for each of ten thousand mappings
 * takes time.
 */
export const mapNames = (stem: string): Readonly<Record<Family, Readonly<Record<Level, string>>>> => ({
  ip: namesOf(stem, 'ip'),
  ip6: namesOf(stem, 'ip6'),
})

/** The lookup key of a rule: `iifname . ip daddr . meta l4proto . th dport`, reduced to the parts of the level. */
export const lookupKey = (family: Family, level: Level): Expression =>
  concat(
    ...(isBound(level) ? [meta('iifname')] : []),
    ...(isHost(level) ? [payload(family, 'daddr')] : []),
    meta('l4proto'),
    payload('th', 'dport'),
  )

/** The nft types of that key's parts. */
export const lookupTypes = (family: Family, level: Level): readonly string[] => [
  ...(isBound(level) ? ['ifname'] : []),
  ...(isHost(level) ? [family === 'ip' ? 'ipv4_addr' : 'ipv6_addr'] : []),
  'inet_proto',
  'inet_service',
]

/** Does the key of this level tell the family of a packet? */
export const tellsFamily = (level: Level): boolean => isHost(level)
