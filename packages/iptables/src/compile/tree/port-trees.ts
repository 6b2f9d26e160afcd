import { drop, returns, rule } from '../../model/build.ts'
import * as chains from '../../model/object-name.ts'
import type { Match } from '../../model/option/match.ts'
import type { Rule } from '../../model/ruleset.ts'
import { compareEntries } from '../order/order.ts'
import type { PlacedRule } from '../parts.ts'
import { type Selector, selectorOf, withoutInterface } from '../port-key.ts'
import { type DispatchEntry, type DispatchTree, dispatch } from './dispatch.ts'

/** A rule of a port tree, with its matches besides the source. */
type Entry = Selector & DispatchEntry

const entriesOf = (placed: readonly PlacedRule[], root: string): readonly Entry[] => {
  const entries: Entry[] = []
  for (const { chain, rule: one } of placed) {
    const selector = chain === root ? selectorOf(one) : null
    if (selector !== null) entries.push(entryOf(selector, one))
  }
  return entries
}

/**
 * The fields are written out. Copying a selector with a spread takes three times the memory for each of a hundred
 * thousand entries.
 */
const entryOf = ({ protocol, port, address, interface: name }: Selector, of: Rule): Entry => ({
  protocol,
  port,
  address,
  interface: name,
  rule: of,
})

const socket = ({ protocol, port }: Selector): string => `${protocol} ${port}`
const exact = (selector: Selector): string => `${socket(selector)} ${selector.address} ${selector.interface}`

const isDrop = ({ target }: Rule): boolean => target?.kind === 'verdict' && target.verdict === 'DROP'

/**
 * Sorts limits so that all allowed sources of a port come before its drops. Several mappings may open one port, each to
 * other sources.
 */
const compareLimits = (left: Entry, right: Entry): number =>
  left.port - right.port ||
  Number(isDrop(left.rule)) - Number(isDrop(right.rule)) ||
  compareEntries(left, right)

/** Removes the limits of container ports that another mapping opens to every source. */
const limitations = (limited: readonly Entry[], opened: readonly Entry[]): readonly Entry[] => {
  const place = (entry: Entry): string => `${socket(entry)} ${entry.address}`
  // A mapping opens a port once. A mapping for some sources also drops once.
  const free = new Map<string, number>()
  const add = (entry: Entry, by: number): unknown =>
    free.set(place(entry), (free.get(place(entry)) ?? 0) + by)
  for (const entry of opened) add(entry, 1)
  for (const entry of limited) if (isDrop(entry.rule)) add(entry, -1)
  return limited.filter((entry) => (free.get(place(entry)) ?? 0) <= 0)
}

const layOut = (root: string, entries: readonly Entry[], miss: 'drop' | null): DispatchTree =>
  dispatch(
    root,
    entries.toSorted(root === chains.limit ? compareLimits : compareEntries),
    miss === null ? null : drop,
  )

/**
 * The exceptions from a restriction. A port may be restricted on all addresses or interfaces, and open to all on a
 * narrower one, perhaps by a mapping of another project. Packets for the narrower one pass before the restriction.
 */
const exceptions = (limited: readonly Entry[], mapped: readonly Entry[]): readonly Entry[] => {
  if (limited.length === 0) return []
  const sockets = new Set(limited.map(socket))
  const known = new Set(limited.map(exact))
  const found: Entry[] = []
  for (const entry of mapped) {
    const wide = entry.address === '' && entry.interface === ''
    if (wide || !sockets.has(socket(entry)) || known.has(exact(entry))) continue
    known.add(exact(entry))
    const narrow = entry.rule.matches.filter((match: Match) =>
      ['destination', 'in', 'protocol', 'port'].includes(match.kind),
    )
    found.push(entryOf(entry, rule(narrow, returns)))
  }
  return found
}

/**
 * The entries as the host and its containers see them. They reach a mapping whatever interface it is bound to. So ports
 * with such a mapping are listed without interfaces, in the same order.
 */
const seenFromInside = (mapped: readonly Entry[]): readonly Entry[] => {
  const bound = new Set(mapped.filter((entry) => entry.interface !== '').map(socket))
  if (bound.size === 0) return []
  return mapped
    .filter((entry) => bound.has(socket(entry)))
    .toSorted(compareEntries)
    .map((entry) => entryOf(entry, withoutInterface(entry.rule)))
}

export interface PortTrees {
  readonly mangle: ReadonlyMap<string, DispatchTree>
  readonly nat: ReadonlyMap<string, DispatchTree>
}

/** All trees of one family; a tree without entries is left out. */
export const portTrees = (placed: readonly PlacedRule[]): PortTrees => {
  const mapped = entriesOf(placed, chains.destination)
  const allowed = entriesOf(placed, chains.allow)
  const opened = entriesOf(placed, chains.open)
  const grow = (root: string, entries: readonly Entry[], miss: 'drop' | null = null) =>
    entries.length === 0 ? [] : [[root, layOut(root, entries, miss)] as const]
  return {
    mangle: new Map([
      ...grow(chains.allow, [...allowed, ...exceptions(allowed, mapped)]),
      ...grow(chains.limit, limitations(entriesOf(placed, chains.limit), opened)),
      ...grow(chains.open, opened, 'drop'),
    ]),
    nat: new Map([...grow(chains.destination, mapped), ...grow(chains.local, seenFromInside(mapped))]),
  }
}
