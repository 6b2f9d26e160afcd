import {
  type NetfilterChain,
  type NetfilterRule,
  type NetfilterRuleset,
  type NetfilterTable,
  ownerOf,
} from '@portolan/netfilter'
import type { Ruleset, Table } from '../../model/index.ts'
import { lower } from '../lower.ts'
import { hasIptablesForm } from './iptables-form.ts'
import { isBuiltIn } from './iptables-table.ts'

const keyOf = ({ family, name }: { readonly family: string; readonly name: string }): string =>
  `${family} ${name}`

/**
 * Lowers what nft lists, with the tables that iptables-nft-save shows whole in place of nft's listing of them. nft does
 * not list the parameters of iptables extensions. A table that was not read by iptables-nft-save is lowered from nft's
 * listing, with the extensions as unknown.
 */
export const lowerBeside = (listed: Ruleset, known: readonly NetfilterTable[]): NetfilterRuleset => {
  const byKey = new Map(known.map((table) => [keyOf(table), table]))
  const lowered = (table: Table): readonly NetfilterTable[] => {
    const read = byKey.get(keyOf(table))
    if (read !== undefined) {
      const parts = partsOfNft(table)
      if (parts.bases.size === 0 && parts.rules.size === 0) return [read]
      return lower({ ...listed, tables: [table] }).tables.map((own) => withKnown(own, read, parts))
    }
    return lower({ ...listed, tables: [table] }).tables
  }
  const names = new Set(listed.tables.map(keyOf))
  return {
    tables: [...known.filter((table) => !names.has(keyOf(table))), ...listed.tables.flatMap(lowered)],
  }
}

/** The parts of an iptables-nft table that nft made. iptables-nft-save shows them incompletely. */
interface PartsOfNft {
  /** Base chains of another name or priority. iptables-nft accepts no rule for them (CHAIN_ADD failed). */
  readonly bases: ReadonlySet<string>
  /** In each other chain with such rules, the positions of these rules. */
  readonly rules: ReadonlyMap<string, ReadonlySet<number>>
}

const partsOfNft = (table: Table): PartsOfNft => {
  const bases = new Set<string>()
  const rules = new Map<string, ReadonlySet<number>>()
  for (const chain of table.chains)
    if (chain.base !== null && !isBuiltIn(table.name, chain)) bases.add(chain.name)
    else {
      const places = chain.rules.flatMap((rule, at) => (hasIptablesForm(rule) ? [] : [at]))
      if (places.length > 0) rules.set(chain.name, new Set(places))
    }
  return { bases, rules }
}

/**
 * A table as iptables-nft-save shows it, with the parts that nft made as nft lists them. Chains that a plan makes are
 * only in `known`.
 */
const withKnown = (
  own: NetfilterTable,
  known: NetfilterTable,
  { bases, rules }: PartsOfNft,
): NetfilterTable => {
  const names = new Set(own.chains.map(({ name }) => name))
  const byName = new Map(known.chains.map((chain) => [chain.name, chain]))
  const isOurs = (name: string): boolean => {
    const led = byName.get(name) ?? own.chains.find((chain) => chain.name === name)
    return led !== undefined && ownerOf(known, led, null) === 'portolan'
  }
  const chainOf = (chain: NetfilterChain): NetfilterChain => {
    if (bases.has(chain.name)) return { ...chain, tool: 'nft' }
    const read = byName.get(chain.name)
    if (read === undefined) return chain
    const places = rules.get(chain.name)
    return places === undefined ? read : withRules(chain, places, read, { names, isOurs })
  }
  const isOfIptables = own.chains.some(({ name }) => !bases.has(name))
  return {
    ...(isOfIptables ? { ...known, dormant: own.dormant } : own),
    chains: [...own.chains.map(chainOf), ...known.chains.filter(({ name }) => !names.has(name))],
  }
}

/** Tells apart the chains that jumps lead to. */
interface LedTo {
  /** The chains that nft lists. */
  readonly names: ReadonlySet<string>
  readonly isOurs: (chain: string) => boolean
}

/**
 * A chain as iptables-nft-save shows it, with the rules of nft as nft lists them. The chain may already hold the
 * changes of a plan. A plan adds, moves and removes jumps to our chains, and the foreign rules stay in their order.
 * Other jumps that a plan adds lead to chains that nft does not list yet.
 */
const withRules = (
  chain: NetfilterChain,
  ofNft: ReadonlySet<number>,
  read: NetfilterChain,
  { names, isOurs }: LedTo,
): NetfilterChain => {
  const isForeign = (rule: NetfilterRule): boolean => !leadsTo(rule, isOurs)
  const foreign = [placesOf(chain, isForeign), placesOf(read, isForeign)] as const
  if (foreign[0].length === foreign[1].length)
    return withListed(
      chain,
      ofNft,
      read,
      foreign[0].map((at, nth) => [at, foreign[1][nth] ?? 0]),
    )
  const isAdded = (rule: NetfilterRule): boolean => leadsTo(rule, (name) => !names.has(name))
  const places = placesOf(read, (rule) => !isAdded(rule))
  if (places.length === chain.rules.length) return withListed(chain, ofNft, read, [...places.entries()])
  const first = places[0] ?? read.rules.length
  return {
    ...chain,
    rules: [...read.rules.slice(0, first), ...chain.rules, ...read.rules.slice(first).filter(isAdded)],
  }
}

const leadsTo = ({ steps }: NetfilterRule, isIt: (chain: string) => boolean): boolean =>
  steps.some((step) => step.kind === 'verdict' && 'chain' in step.verdict && isIt(step.verdict.chain))

const placesOf = ({ rules }: NetfilterChain, isIt: (rule: NetfilterRule) => boolean): readonly number[] =>
  rules.flatMap((rule, place) => (isIt(rule) ? [place] : []))

/**
 * Replaces rules of nft in a chain by their form in nft's listing.
 * @param pairs - the position of a rule in nft's listing, and its position in the output of iptables-nft-save
 */
const withListed = (
  chain: NetfilterChain,
  ofNft: ReadonlySet<number>,
  read: NetfilterChain,
  pairs: readonly (readonly [at: number, place: number])[],
): NetfilterChain => {
  const rules = [...read.rules]
  for (const [at, place] of pairs) {
    const [rule, shown] = [chain.rules[at], read.rules[place]]
    if (rule === undefined || shown === undefined || !ofNft.has(at)) continue
    const { tool, position } = shown.source
    rules[place] = { ...rule, source: { ...rule.source, tool, position, handle: null } }
  }
  return { ...read, rules }
}
