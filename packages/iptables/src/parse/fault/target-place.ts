import { isBuiltIn } from '../../model/chain/built-in.ts'
import type { Target } from '../../model/option/target.ts'

/** The place where the kernel accepts a target: `table` and `hooks` of its xt_target. */
interface Place {
  readonly table: string
  /** Null: any chain of the table. Chains that a user made are not checked: any built-in chain may lead to them. */
  readonly chains: readonly string[] | null
}

const destination: Place = { table: 'nat', chains: ['PREROUTING', 'OUTPUT'] }
const raw: Place = { table: 'raw', chains: null }
const mangle: Place = { table: 'mangle', chains: null }

/**
 * The targets that the kernel accepts in one table only (net/netfilter/xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c,
 * xt_NETMAP.c, xt_CT.c, xt_TPROXY.c, xt_DSCP.c, xt_HL.c; net/ipv4/netfilter/ipt_REJECT.c).
 */
const places: Readonly<Record<string, Place>> = {
  DNAT: destination,
  REDIRECT: destination,
  SNAT: { table: 'nat', chains: ['POSTROUTING', 'INPUT'] },
  MASQUERADE: { table: 'nat', chains: ['POSTROUTING'] },
  NETMAP: { table: 'nat', chains: null },
  REJECT: { table: 'filter', chains: null },
  CT: raw,
  NOTRACK: raw,
  TPROXY: mangle,
  DSCP: mangle,
  TTL: mangle,
  HL: mangle,
}

/** The name of a target that may be restricted; null for a verdict or a jump, which most rules have. */
const nameOf = (target: Target): string | null => {
  switch (target.kind) {
    case 'verdict':
    case 'jump':
    case 'goto':
      return null
    case 'extension':
    case 'opaque':
      return target.name
    default:
      return target.kind.toUpperCase()
  }
}

/** Says why the kernel does not accept a target in this chain; null where it does. */
export const misplaced = (
  target: Target | null,
  table: string,
  chain: string,
): { readonly name: string; readonly why: string } | null => {
  const name = target === null ? null : nameOf(target)
  if (name === null || !Object.hasOwn(places, name)) return null
  const place = places[name]
  if (place === undefined) return null
  if (place.table !== table)
    return { name, why: `the kernel takes ${name} in table ${place.table} only, and this is table ${table}` }
  if (place.chains === null || !isBuiltIn(table, chain) || place.chains.includes(chain)) return null
  return {
    name,
    why: `the kernel takes ${name} in ${place.chains.join(' and ')} only, and this is chain ${chain}`,
  }
}
