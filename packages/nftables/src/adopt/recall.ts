import type { HostPresence } from '@portolan/core'
import { families } from '@portolan/netfilter'
import { bridgeOf, toEndpoints } from '../compile/maps/joined-bridges.ts'
import { isEmptyParts, type Parts } from '../compile/parts.ts'
import { mapName } from '../compile/port-key.ts'
import { ownerComment } from '../compile/tag.ts'
import { sameRules } from '../diff/maps/same.ts'
import type { Chain, Element, Rule, Ruleset } from '../model/index.ts'
import { sourceChain, toChain } from '../model/object-name.ts'
import { published } from '../published/published.ts'
import { joinLists } from './adopt.ts'
import { extract } from './extract.ts'
import { isRestriction, isTranslation, placeOf } from './place.ts'
import { targetOf } from './yield-to.ts'

/** The maps and sets whose key is a bridge alone. */
const bridgeSets: readonly string[] = ['bridges', 'internal', 'to_network', 'source_to_network']

/** The comments of openings that lead to a bridge or a container subnet that is gone. */
const openingsGone = (
  { elements }: Parts,
  hasInterface: HostPresence['hasInterface'],
  hasSubnetOf: HostPresence['hasSubnetOf'],
): readonly string[] =>
  families.flatMap((family) => [
    ...(elements.get(mapName('entrance', family, 'any')) ?? []).flatMap((item) => {
      const bridge = partOf(item, 1)
      return bridge === null || hasInterface(bridge) ? [] : [item.comment ?? '']
    }),
    ...(['entry', 'peers', 'linked', 'opened'] as const).flatMap((stem) =>
      (elements.get(mapName(stem, family, 'any')) ?? []).flatMap((item) => {
        const address = partOf(item, stem === 'opened' ? 0 : 1)
        return address === null || hasSubnetOf(address) ? [] : [item.comment ?? '']
      }),
    ),
  ])

/** One part of an element's key as text; null when the part is absent or not text. */
const partOf = ({ key }: Element, at: number): string | null => {
  const part = key.kind === 'concat' ? key.parts[at] : key
  return part?.kind === 'text' ? part.text : null
}

/**
 * The known parts that may come back: without the parts of bridges that are gone, and without mappings to containers on
 * networks that are gone.
 */
export const surviving = (known: Ruleset, { hasInterface, hasSubnetOf }: HostPresence): Parts => {
  const parts = extract(known, () => true)
  const gone = new Set<string>()
  const goneChains = new Set<string>()
  for (const { key, comment } of parts.elements.get('bridges') ?? []) {
    if (key.kind !== 'text' || hasInterface(key.text)) continue
    gone.add(comment ?? '')
    goneChains.add(toChain(key.text)).add(sourceChain(key.text))
  }
  for (const item of toEndpoints(parts.elements)) {
    const bridge = bridgeOf(item)
    if (bridge !== null && !hasInterface(bridge)) gone.add(item.comment ?? '')
  }
  for (const { project, label, targets } of published(known))
    if (!targets.some(({ address }) => hasSubnetOf(address))) gone.add(ownerComment(project, label))
  for (const comment of openingsGone(parts, hasInterface, hasSubnetOf)) gone.add(comment)
  if (gone.size === 0) return parts
  const stays = (set: string, { key, comment }: Element): boolean =>
    bridgeSets.includes(set) ? key.kind !== 'text' || hasInterface(key.text) : !gone.has(comment ?? '')
  return {
    elements: new Map(
      [...parts.elements].map(([set, items]) => [set, items.filter((item) => stays(set, item))]),
    ),
    chains: parts.chains.filter(
      ({ name, rules }) => !goneChains.has(name) && !rules.every(({ comment }) => gone.has(comment ?? '')),
    ),
    rules: parts.rules,
  }
}

/**
 * The known parts without the mappings that were removed on purpose since. A mapping counts as removed when nothing of
 * it is left while other known elements of its map are still there. A flush of the map leaves none of them.
 */
export const stillMapped = (known: Parts, found: Parts): Parts => {
  const items = [...found.elements.values()].flat()
  const rules = [...found.chains.flatMap((chain) => chain.rules), ...[...found.rules.values()].flat()]
  const left = new Set([...items, ...rules].map(({ comment }) => comment))
  const gone = new Set<string | null>()
  for (const [set, before] of known.elements) {
    if (!isTranslation(set)) continue
    const held = new Set((found.elements.get(set) ?? []).map(({ comment }) => comment))
    if (!before.some(({ comment }) => held.has(comment))) continue
    for (const { comment } of before) if (!left.has(comment)) gone.add(comment)
  }
  if (gone.size === 0) return known
  const stays = ({ comment }: Element | Rule): boolean => !gone.has(comment)
  return {
    elements: new Map([...known.elements].map(([set, before]) => [set, before.filter(stays)])),
    chains: known.chains.filter((chain) => chain.rules.some(stays)),
    rules: known.rules,
  }
}

/** Does the first list hold the rules of the second in the same order, with some missing? */
const isShortened = (rules: readonly Rule[], whole: readonly Rule[]): boolean => {
  let at = 0
  for (const one of whole) {
    const next = rules[at]
    if (next !== undefined && sameRules([next], [one])) at += 1
  }
  return at === rules.length && rules.length < whole.length
}

const recalledChain = (found: Chain, known: Chain | undefined): Chain =>
  known !== undefined && isShortened(found.rules, known.rules) ? known : found

/**
 * Makes the test whether the place of a known element is free. Where half of a mapping is still there, its other half
 * may return: the restriction beside the translation, or the reverse.
 */
const freePlaces = (found: Parts): ((set: string, item: Element) => boolean) => {
  const held = new Map<string, { readonly isRestriction: boolean; readonly comment: string | null }[]>()
  for (const [set, items] of found.elements)
    for (const item of items) {
      const place = placeOf(set, item)
      const holder = { isRestriction: isRestriction(set), comment: item.comment }
      held.set(place, [...(held.get(place) ?? []), holder])
    }
  return (set, item) =>
    (held.get(placeOf(set, item)) ?? []).every(
      (one) => one.isRestriction !== isRestriction(set) && one.comment === item.comment,
    )
}

/**
 * The parts found now, with the known parts that are missing. Where both have an object the found one wins, except for
 * a chain that lost some of its rules.
 */
export const recall = (found: Parts, known: Parts): Parts => {
  if (isEmptyParts(known)) return found
  const byName = new Map(known.chains.map((chain) => [chain.name, chain]))
  const names = new Set(found.chains.map(({ name }) => name))
  const missing = new Map<string, readonly Element[]>()
  const isFree = freePlaces(found)
  for (const [set, items] of known.elements) {
    const added = items.filter((item) => isFree(set, item))
    if (added.length > 0) missing.set(set, added)
  }
  const elements = joinLists<Element>(found.elements, missing)
  const reached = new Set(
    [...elements.values()].flatMap((items) => items.flatMap((item) => targetOf(item) ?? [])),
  )
  const rules = new Map<string, readonly Rule[]>()
  for (const [chain, list] of known.rules) {
    const held = found.rules.get(chain) ?? []
    const added = list.filter((one) => !held.some((other) => sameRules([other], [one])))
    if (added.length > 0) rules.set(chain, added)
  }
  return {
    elements,
    chains: [
      ...found.chains.map((chain) => recalledChain(chain, byName.get(chain.name))),
      ...known.chains.filter(({ name }) => reached.has(name) && !names.has(name)),
    ],
    rules: joinLists<Rule>(found.rules, rules),
  }
}
