import type { HostFacts, NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import { formatPrefix, ownerOf, prefixAround, tryParseInterfaceAddress } from '@portolan/netfilter'
import type { RangeSet } from '@portolan/netfilter/analysis'
import type { Surroundings } from '../search/rows/surroundings.ts'

/** The facts about a host that remedies need. */
export interface RemedyHost {
  /** The interfaces with the outside behind them. */
  readonly uplinks: readonly string[]
  /** Prefixes of the bridges of other engines. */
  readonly otherBridges: readonly string[]
  /** The subnets of the project. */
  readonly subnets: readonly RangeSet[]
  /** firewalld lets nothing pass: it is in panic mode, or it restarts. */
  readonly isPanicking: boolean
}

const known = new WeakMap<Surroundings, RemedyHost>()

/** Collects the facts about a host that remedies need, once. */
export const remedyHost = (
  around: Surroundings,
  { interfaces = [] }: HostFacts,
  rulesets: readonly NetfilterRuleset[],
): RemedyHost => {
  const found = known.get(around)
  if (found !== undefined) return found
  const { entries, subnets } = around
  const engines = new Set(entries.flatMap(({ name, isEngine }) => (isEngine ? [name] : [])))
  const made = {
    uplinks: entries.flatMap(({ name, isEngine }) => (isEngine ? [] : [name])),
    otherBridges: interfaces.flatMap(({ name, addresses = [] }) =>
      name === undefined || !engines.has(name)
        ? []
        : addresses.flatMap((text) => {
            const address = tryParseInterfaceAddress(text)
            return address === null ? [] : [formatPrefix(prefixAround(address.address, address.length))]
          }),
    ),
    subnets: [...subnets.values()].map(({ whole }) => whole),
    isPanicking: rulesets.some(({ tables }) => tables.some(isClosed)),
  }
  known.set(around, made)
  return made
}

/**
 * Whether firewalld drops everything in a table: it sets a DROP policy only in panic mode, with nft in a table of its
 * own.
 */
const isClosed = (table: NetfilterTable): boolean =>
  table.chains.some((chain) => chain.base?.policy === 'drop' && ownerOf(table, chain, null) === 'firewalld')
