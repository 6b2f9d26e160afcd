import type { NetfilterChain, NetfilterRule, NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import type { Chain, Rule, Ruleset, Table } from '../../model/index.ts'
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
 * ask sets, with a name or without. iptables-nft-save shows a part of it, and only there stand the chains that a plan makes.
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
  const keptByName = new Map(kept.map((chain) => [chain.name, chain]))
  const chainOf = (chain: NetfilterChain): NetfilterChain => {
    const read = byName.get(chain.name)
    const listed = keptByName.get(chain.name)
    if (read === undefined) return chain
    if (listed === undefined) return read
    return isOfIptables(listed) ? withSets(chain, listed, read, names) : chain
  }
  // Remedies are of the table's tool. With a state of conntrack that nft wrote, iptables-nft-save prints nothing of a table.
  const place = kept.every(isOfIptables) ? { ...known, dormant: own.dormant } : own
  return {
    ...place,
    chains: [...own.chains.map(chainOf), ...known.chains.filter(({ name }) => !names.has(name))],
  }
}

/**
 * A chain as iptables-nft-save shows it, with the rules that ask sets as nft lists them. The jumps that a plan adds lead to
 * chains that are not there yet. Where the plan takes rules away, all that nft lists is there, with these jumps.
 */
const withSets = (
  chain: NetfilterChain,
  listed: Chain,
  read: NetfilterChain,
  names: ReadonlySet<string>,
): NetfilterChain => {
  const isAdded = ({ steps }: NetfilterRule): boolean =>
    steps.some((step) => step.kind === 'verdict' && 'chain' in step.verdict && !names.has(step.verdict.chain))
  const places = read.rules.flatMap((rule, place) => (isAdded(rule) ? [] : [place]))
  if (places.length !== chain.rules.length) {
    const first = places[0] ?? read.rules.length
    return {
      ...chain,
      rules: [...read.rules.slice(0, first), ...chain.rules, ...read.rules.slice(first).filter(isAdded)],
    }
  }
  const rules = [...read.rules]
  for (const [at, place] of places.entries()) {
    const [rule, shown, written] = [chain.rules[at], read.rules[place], listed.rules[at]]
    if (rule === undefined || shown === undefined || written === undefined || !asksSet(written)) continue
    const { tool, position } = shown.source
    rules[place] = { ...rule, source: { ...rule.source, tool, position, handle: null } }
  }
  return { ...read, rules }
}

/** Whether iptables-nft-save prints all that a chain does: what a rule asks of a set is left out (measured, 1.8.11). */
const isShownWhole = (table: Table, chain: Chain): boolean =>
  hasShape(table)(chain) && !chain.rules.some(asksSet)

const hasShape =
  (table: Table) =>
  (chain: Chain): boolean =>
    chain.base === null || isBuiltIn(table.name, chain)

/** A set of the table, or one without a name: iptables-nft makes neither. */
const asksSet = ({ statements }: Rule): boolean => statements.some(hasSet)

const hasSet = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  if ('kind' in value) {
    if (value.kind === 'reference' || value.kind === 'set') return true
    if (withoutSets.has(value.kind)) return false
  }
  return Object.values(value).some(hasSet)
}

/** What most of ten thousand rules are of. */
const withoutSets: ReadonlySet<unknown> = new Set([
  ...['text', 'number', 'payload', 'meta', 'counter', 'accept', 'drop', 'xt'],
])
