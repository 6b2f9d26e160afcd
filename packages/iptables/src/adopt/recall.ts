import type { HostPresence, PublishedPort } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import type { PlacedRule } from '../compile/parts.ts'
import { projectOf, tag, tagOf } from '../compile/tag.ts'
import * as chains from '../model/object-name.ts'
import { printRule } from '../print/rule/print-rule.ts'
import { socketOf } from './place.ts'

/** The bridges that the rules name. */
export const bridgesIn = (placed: readonly PlacedRule[]): readonly string[] => [
  ...new Set(
    placed.flatMap(({ table, chain, rule }) =>
      table === 'mangle' && (chain === chains.input || chain === chains.forward)
        ? rule.matches.flatMap((match) => (match.kind === 'in' && !match.negated ? [match.name] : []))
        : [],
    ),
  ),
]

/**
 * The known rules that may come back: without the rules of bridges that are gone, and without mappings to containers on
 * networks that are gone.
 */
export const surviving = (
  known: readonly PlacedRule[],
  published: readonly PublishedPort[],
  family: Family,
  { hasInterface, hasSubnetOf }: HostPresence,
): readonly PlacedRule[] => {
  const gone = new Set(bridgesIn(known).filter((bridge) => !hasInterface(bridge)))
  const goneChains = new Set(
    [...gone].flatMap((bridge) => [
      chains.toBridge(bridge),
      chains.ownToBridge(bridge),
      chains.sourceOfBridge(bridge),
    ]),
  )
  const goneTags = new Set(
    published
      .filter((port) => port.family === family && !port.targets.some(({ address }) => hasSubnetOf(address)))
      .map(({ project, label }) => tag(project, label)),
  )
  const namesGone = ({ rule }: PlacedRule): boolean =>
    rule.matches.some((match) => (match.kind === 'in' || match.kind === 'out') && gone.has(match.name))
  return known.filter(
    (placed) =>
      !goneChains.has(placed.chain) && !namesGone(placed) && !goneTags.has(tagOf(placed.rule) ?? ''),
  )
}

/**
 * The known rules without the mappings that were removed on purpose since. A mapping counts as removed when nothing of
 * it is left while other known mappings are still there. A flush of the chain of mappings leaves none of them. The
 * caller has checked that no chain of the tree is missing.
 */
export const stillMapped = (
  known: readonly PlacedRule[],
  found: readonly PlacedRule[],
): readonly PlacedRule[] => {
  const isMapping = ({ table, chain }: PlacedRule): boolean => table === 'nat' && chain === chains.destination
  const tags = (placed: readonly PlacedRule[]) => new Set(placed.map(({ rule }) => tagOf(rule)))
  const before = tags(known.filter(isMapping))
  if (![...tags(found.filter(isMapping))].some((held) => before.has(held))) return known
  const left = tags(found)
  return known.filter(({ rule }) => {
    const held = tagOf(rule)
    return !before.has(held) || left.has(held)
  })
}

const groupsOf = (placed: readonly PlacedRule[]): ReadonlyMap<string, readonly PlacedRule[]> => {
  const groups = new Map<string, PlacedRule[]>()
  for (const one of placed) {
    const key = `${one.table} ${one.chain} ${tagOf(one.rule)}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  return groups
}

/**
 * The holder of a rule's socket. Several mappings of one project may open one container port, each to other sources, so
 * there the project holds it. A host port has one mapping, which holds it.
 */
const holderOf = ({ chain, rule }: PlacedRule): string | null =>
  chain === chains.open || chain === chains.limit ? projectOf(rule) : tagOf(rule)

/**
 * The rules found now, with the known rules that are missing. Where both have rules the found ones win, unless they are
 * the known ones with some missing.
 */
export const recall = (found: readonly PlacedRule[], known: readonly PlacedRule[]): readonly PlacedRule[] => {
  if (known.length === 0) return found
  const groups = new Map(groupsOf(found))
  const holders = new Map(found.map((placed) => [socketOf(placed), holderOf(placed)]))
  for (const [key, before] of groupsOf(known)) {
    const texts = new Set(before.map(({ rule }) => printRule(rule)))
    const isPart = (groups.get(key) ?? []).every(({ rule }) => texts.has(printRule(rule)))
    const isFree = before.every((placed) => {
      const socket = socketOf(placed)
      const holder = socket === null ? undefined : holders.get(socket)
      return holder === undefined || holder === holderOf(placed)
    })
    if (isPart && isFree) groups.set(key, before)
  }
  return [...groups.values()].flat()
}
