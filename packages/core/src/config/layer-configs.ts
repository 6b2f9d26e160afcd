import { formatPrefix, type Prefix, parseHostOrPrefix, subtractPrefixes } from '@portolan/netfilter'
import type { ReservedRange } from '../pool/index.ts'
import type { Config } from './config.ts'

/**
 * Merges two configs into one; the nearer config wins. Its pools replace the farther ones where it names any. A range
 * that it allows is no longer reserved by the farther config. A range that it reserves is no longer allowed by the
 * farther one. Different ranges add up: a user's `--reserve` does not free what the host's owner has reserved.
 *
 * @throws ParseError when a range cannot be read
 * @example
 * const host = parseConfig('reserved: [10.0.0.0/8]', '/etc/portolan/config.yaml')
 * layerConfigs({ ...emptyConfig, allowed: ['10.128.0.0/9'] }, host).reserved[0]?.range // '10.0.0.0/9'
 * @public @since 0.1.0
 */
export const layerConfigs = (nearer: Config, farther: Config): Config => {
  const allowed = nearer.allowed.map((text) => parseHostOrPrefix(text))
  return {
    pools: nearer.pools ?? farther.pools,
    reserved: [...nearer.reserved, ...farther.reserved.flatMap((range) => without(range, allowed))],
    // A reserved range wins over an allowed one. So the farther `allowed` keeps the ranges that the nearer config
    // reserves.
    allowed: [...nearer.allowed, ...farther.allowed],
    ...clusterOf(nearer, farther),
  }
}

const clusterOf = (nearer: Config, farther: Config): Pick<Config, 'cluster'> => {
  const cluster = nearer.cluster ?? farther.cluster ?? null
  return cluster === null ? {} : { cluster }
}

const without = (reserved: ReservedRange, holes: readonly Prefix[]): readonly ReservedRange[] => {
  if (holes.length === 0) return [reserved]
  return subtractPrefixes(parseHostOrPrefix(reserved.range), holes).map((prefix) => ({
    ...reserved,
    range: formatPrefix(prefix),
  }))
}
