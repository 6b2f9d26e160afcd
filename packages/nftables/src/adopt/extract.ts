import { isExemption } from '../compile/maps/exemption.ts'
import { isOpenedInside } from '../compile/maps/inside.ts'
import { isOwnSet } from '../compile/maps/skeleton-sets.ts'
import { ownTable } from '../compile/ours.ts'
import type { Parts } from '../compile/parts.ts'
import { isSkeletonChain } from '../compile/skeleton-chains.ts'
import { ownerOf } from '../compile/tag.ts'
import type { Chain, Element, Rule, Ruleset } from '../model/index.ts'

const unhandled = (found: Rule): Rule => ({ ...found, handle: null })

/**
 * Takes from a ruleset the parts of the projects that `wanted` accepts: the inverse of `assemble`. An object without a
 * project in its comment is left out: the chains and sets of the skeleton, and anything added by hand.
 */
export const extract = (ruleset: Ruleset, wanted: (project: string) => boolean): Parts => {
  const table = ownTable(ruleset)
  /** The comment prefix of the last project `wanted` was asked about. Most elements of a map belong to one project. */
  let before = ''
  let wasWanted = false
  const isWanted = (comment: string | null): boolean => {
    if (before !== '' && comment?.startsWith(before) === true) return wasWanted
    const owner = ownerOf(comment)
    if (owner === null) return false
    before = `${owner}/`
    wasWanted = wanted(owner)
    return wasWanted
  }
  const elements = new Map<string, readonly Element[]>()
  for (const set of table?.sets ?? []) {
    if (!isOwnSet(set.name) || isOpenedInside(set.name)) continue
    const own = set.elements.filter((item) => isWanted(item.comment) && !isExemption(set.name, item))
    if (own.length > 0) elements.set(set.name, own)
  }
  const chains: Chain[] = []
  const rules = new Map<string, readonly Rule[]>()
  for (const found of table?.chains ?? []) {
    const own = found.rules.filter(({ comment }) => isWanted(comment)).map(unhandled)
    if (own.length === 0) continue
    // In a chain of one project, a foreign rule is left out and the chain is kept.
    if (!isSkeletonChain(found.name))
      chains.push({ name: found.name, handle: null, comment: null, base: null, rules: own })
    else rules.set(found.name, own)
  }
  return { elements, chains, rules }
}
