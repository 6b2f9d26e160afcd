import type { Family } from '@portolan/core'
import { printRule } from '../print/print-rule.ts'
import { isOurs } from '../ruleset/chains.ts'
import { placeOf } from '../ruleset/jumps.ts'
import type { Rule } from '../ruleset/ruleset.ts'
import type { DeleteRule, InsertRule } from './change.ts'
import { type MergeStep, mergeLists } from './merge-lists.ts'
import { type IsOwn, leadsToOurs } from './ours.ts'

export interface ChainPlace {
  readonly family: Family
  readonly table: string
  readonly chain: string
}

/** First everything that is added, then everything that goes: in between both are there. */
export interface ChainDiff {
  readonly inserts: readonly InsertRule[]
  readonly deletes: readonly DeleteRule[]
}

const operations = (place: ChainPlace, steps: readonly MergeStep<Rule>[]): ChainDiff => {
  const total = steps.length
  const kept = steps.filter((step) => step.of !== 'new').length
  let inserted = 0
  const inserts: InsertRule[] = []
  for (const [index, { of, item }] of steps.entries()) {
    if (of !== 'new') continue
    const position = index === kept + inserted ? null : index + 1
    inserts.push({ kind: 'insert-rule', ...place, position, rule: item })
    inserted += 1
  }
  if (steps.every((step) => step.of !== 'old')) return { inserts, deletes: [] }
  const seen = new Map<string, number>()
  for (const { item } of steps) seen.set(printRule(item), (seen.get(printRule(item)) ?? 0) + 1)
  const deletes: DeleteRule[] = []
  for (const [index, { of, item }] of steps.entries()) {
    if (of !== 'old') continue
    const by = seen.get(printRule(item)) === 1 ? 'text' : 'position'
    deletes.push({ kind: 'delete-rule', ...place, position: index + 1 - deletes.length, by, rule: item })
  }
  return total === 0 ? { inserts: [], deletes: [] } : { inserts, deletes }
}

/** A chain of ours: all of it is compared. */
export const diffOwnChain = (place: ChainPlace, before: readonly Rule[], after: readonly Rule[]): ChainDiff =>
  operations(place, mergeLists(before, after, printRule))

/**
 * A chain of somebody else's: only rules that lead to us are compared. A jump that is there stays where it is,
 * whatever others put before it, since two programs that both want to be first would never rest; a missing one
 * goes to its own end of the chain, and one too many goes.
 *
 * @param wanted - our jumps, as they should be; none: they go
 * @param isMeant - whether a rule that leads to us is ours to take away
 */
export const diffForeignChain = (
  place: ChainPlace,
  before: readonly Rule[],
  wanted: readonly Rule[],
  isMeant: (rule: Rule) => boolean,
  isOwn: IsOwn = isOurs,
): ChainDiff => {
  const missing = [...wanted]
  const steps: MergeStep<Rule>[] = before.map((rule) => {
    if (!leadsToOurs(rule, isOwn)) return { of: 'both', item: rule }
    const at = missing.findIndex((one) => printRule(one) === printRule(rule))
    if (at !== -1) {
      missing.splice(at, 1)
      return { of: 'both', item: rule }
    }
    return { of: isMeant(rule) ? 'old' : 'both', item: rule }
  })
  const added = missing.map((item): MergeStep<Rule> => ({ of: 'new', item }))
  const first = placeOf(place.table, place.chain) === 'first'
  return operations(place, first ? [...added, ...steps] : [...steps, ...added])
}
