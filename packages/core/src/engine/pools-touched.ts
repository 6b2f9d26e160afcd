import type { HostFacts } from '@portolan/netfilter'
import { formatPrefix, prefixesOverlap, tryParseHostOrPrefix } from '@portolan/netfilter'

/**
 * Notes each picked subnet that lies in a range another engine may cut networks from. This is no conflict: the engine
 * looks at the host's routes before it cuts.
 *
 * @example
 * const facts = { enginePools: [{ engine: 'docker', base: '172.17.0.0/16', size: 24 }] }
 * poolsTouched([{ network: 'web', subnet: '172.17.0.0/16', origin: 'picked' }], facts).length // 1
 * @public @since 0.1.0
 */
export const poolsTouched = (
  subnets: readonly { readonly network: string; readonly subnet: string; readonly origin: string }[],
  facts: HostFacts,
): readonly string[] => {
  const pools = (facts.enginePools ?? []).flatMap((pool) => {
    const prefix = tryParseHostOrPrefix(pool.base ?? '')
    return prefix === null ? [] : [{ ...pool, prefix }]
  })
  if (pools.length === 0) return []
  return subnets.flatMap(({ network, subnet, origin }) => {
    const prefix = origin === 'picked' ? tryParseHostOrPrefix(subnet) : null
    const pool = prefix === null ? undefined : pools.find((one) => prefixesOverlap(one.prefix, prefix))
    if (pool === undefined) return []
    const base = formatPrefix(pool.prefix)
    const file = pool.file === undefined ? '' : ` of ${pool.file}`
    return [
      `The subnet ${subnet} of network ${network} is out of ${base}, which ${pool.engine ?? 'another engine'} may cut networks from (the address pools${file}). It looks at the host's routes first, so the two get along; --reserve ${base} keeps out of it.`,
    ]
  })
}
