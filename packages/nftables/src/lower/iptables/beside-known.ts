import type { NetfilterChain, NetfilterRule, NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import type { Chain, Ruleset, Table } from '../../model/index.ts'
import { lower } from '../lower.ts'
import { isBuiltIn } from './iptables-table.ts'

const keyOf = ({ family, name }: { readonly family: string; readonly name: string }): string =>
  `${family} ${name}`

/**
 * What nft lists, with tables that iptables-nft-save shows whole in the places where nft lists them: nft does not list
 * what their extensions ask for. Of a table that was not read so, what nft lists takes part as unknown.
 */
export const lowerBeside = (listed: Ruleset, known: readonly NetfilterTable[]): NetfilterRuleset => {
  const byKey = new Map(known.map((table) => [keyOf(table), table]))
  const lowered = (table: Table): readonly NetfilterTable[] => {
    const read = byKey.get(keyOf(table))
    const kept = table.chains.filter((chain) => read === undefined || !isShownWhole(table, chain))
    if (read !== undefined && kept.length === 0) return [read]
    const own = lower({ ...listed, tables: [table] }).tables
    if (read === undefined) return own
    return own.map((one) => withKnown(one, read, { kept, isOfIptables: hasShape(table) }))
  }
  const names = new Set(listed.tables.map(keyOf))
  return {
    tables: [...known.filter((table) => !names.has(keyOf(table))), ...listed.tables.flatMap(lowered)],
  }
}

/**
 * A table with a name of iptables' that nft changed too: by a base chain of another name or priority, or by rules that
 * ask sets. iptables-nft-save shows a part of it, and only there stand the chains that a plan makes.
 *
 * @param kept - the chains that nft alone lists whole
 * @param isOfIptables - of a base chain of another priority iptables-nft takes none of its rules (CHAIN_ADD failed)
 */
const withKnown = (
  own: NetfilterTable,
  known: NetfilterTable,
  {
    kept,
    isOfIptables,
  }: { readonly kept: readonly Chain[]; readonly isOfIptables: (chain: Chain) => boolean },
): NetfilterTable => {
  const names = new Set(own.chains.map(({ name }) => name))
  const byName = new Map(known.chains.map((chain) => [chain.name, chain]))
  const takers = new Map(kept.map((chain) => [chain.name, isOfIptables(chain)]))
  const chainOf = (chain: NetfilterChain): NetfilterChain => {
    const read = byName.get(chain.name)
    const takesRules = takers.get(chain.name)
    if (read === undefined || takesRules === false) return chain
    return takesRules === true ? withJumps(chain, read, names) : read
  }
  return {
    ...own,
    chains: [...own.chains.map(chainOf), ...known.chains.filter(({ name }) => !names.has(name))],
  }
}

/** A chain as nft lists it, with the jumps that a plan adds: they lead to chains that are not there yet. */
const withJumps = (
  chain: NetfilterChain,
  read: NetfilterChain,
  names: ReadonlySet<string>,
): NetfilterChain => {
  const isAdded = ({ steps }: NetfilterRule): boolean =>
    steps.some((step) => step.kind === 'verdict' && 'chain' in step.verdict && !names.has(step.verdict.chain))
  const others = read.rules.findIndex((rule) => !isAdded(rule))
  const first = others === -1 ? read.rules.length : others
  return {
    ...chain,
    rules: [...read.rules.slice(0, first), ...chain.rules, ...read.rules.slice(first).filter(isAdded)],
  }
}

/** Whether iptables-nft-save prints all that a chain does: what a rule asks of a set is left out (measured, 1.8.11). */
const isShownWhole = (table: Table, chain: Chain): boolean =>
  hasShape(table)(chain) && (table.sets.length === 0 || !refersToSet(chain.rules))

const hasShape =
  (table: Table) =>
  (chain: Chain): boolean =>
    chain.base === null || isBuiltIn(table.name, chain)

const refersToSet = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  if ('kind' in value && value.kind === 'reference') return true
  return Object.values(value).some(refersToSet)
}
