import type { Family } from '@portolan/netfilter'
import { type IsOwn, leadsToOurs } from '../../compile/ours.ts'
import { placeOf } from '../../model/chain/jumps.ts'
import type { DeleteRule, InsertRule, MoveRule } from '../../model/change.ts'
import { isOurs } from '../../model/object-name.ts'
import type { Rule } from '../../model/ruleset.ts'
import { printRule } from '../../print/rule/print-rule.ts'
import { type MergeStep, mergeLists } from './merge-lists.ts'

export interface ChainPlace {
  readonly family: Family
  readonly table: string
  readonly chain: string
}

/** The changes of one chain: first moves and inserts, then deletes. In between, old and new rules are both there. */
export interface ChainDiff {
  readonly moves: readonly MoveRule[]
  readonly inserts: readonly InsertRule[]
  readonly deletes: readonly DeleteRule[]
}

const operations = (place: ChainPlace, steps: readonly MergeStep<Rule>[]): ChainDiff => {
  const total = steps.length
  const kept = steps.filter((step) => step.of !== 'new').length
  let inserted = 0
  // The fields are written out below. Copying the place with a spread takes twice the memory for each of a hundred
  // thousand operations.
  const { family, table, chain } = place
  const inserts: InsertRule[] = []
  for (const [index, { of, item }] of steps.entries()) {
    if (of !== 'new') continue
    const position = index === kept + inserted ? null : index + 1
    inserts.push({ kind: 'insert-rule', family, table, chain, position, rule: item })
    inserted += 1
  }
  if (steps.every((step) => step.of !== 'old')) return { moves: [], inserts, deletes: [] }
  const seen = new Map<string, number>()
  for (const { item } of steps) seen.set(printRule(item), (seen.get(printRule(item)) ?? 0) + 1)
  const deletes: DeleteRule[] = []
  for (const [index, { of, item }] of steps.entries()) {
    if (of !== 'old') continue
    const by = seen.get(printRule(item)) === 1 ? 'text' : 'position'
    const position = index + 1 - deletes.length
    deletes.push({ kind: 'delete-rule', family, table, chain, position, by, rule: item })
  }
  return total === 0 ? { moves: [], inserts: [], deletes: [] } : { moves: [], inserts, deletes }
}

/** Compares a chain of ours as a whole. */
export const diffOwnChain = (
  place: ChainPlace,
  before: readonly Rule[],
  after: readonly Rule[],
): ChainDiff => {
  if (before.length > 0) return operations(place, mergeLists(before, after, printRule))
  // A new chain has nothing to compare with. Its hundred thousand rules need no text and no merge step.
  const { family, table, chain } = place
  return {
    moves: [],
    inserts: after.map((rule) => ({ kind: 'insert-rule', family, table, chain, position: null, rule })),
    deletes: [],
  }
}

/**
 * Compares a built-in or foreign chain: only the rules that lead to our chains. A missing jump is added at its end of
 * the chain, and a surplus jump is deleted. A jump that belongs first is moved in front of foreign rules, because
 * packets that they accept would not reach our drops. A jump that belongs last is moved behind foreign rules that may
 * refuse packets, because our accepts would overrule them.
 *
 * @param wanted - our jumps as they should be; none: all our jumps are deleted
 * @param isMeant - whether a rule that leads to our chains is ours to delete
 * @param isRefusal - whether a foreign rule may refuse packets
 */
export const diffForeignChain = (
  place: ChainPlace,
  before: readonly Rule[],
  wanted: readonly Rule[],
  isMeant: (rule: Rule) => boolean,
  isRefusal: (rule: Rule) => boolean,
  isOwn: IsOwn = isOurs,
): ChainDiff => {
  const missing = [...wanted]
  const jumps = new Set<MergeStep<Rule>>()
  const steps: MergeStep<Rule>[] = before.map((rule) => {
    if (!leadsToOurs(rule, isOwn)) return { of: 'both', item: rule }
    const at = missing.findIndex((one) => printRule(one) === printRule(rule))
    if (at !== -1) {
      missing.splice(at, 1)
      const jump: MergeStep<Rule> = { of: 'both', item: rule }
      jumps.add(jump)
      return jump
    }
    return { of: isMeant(rule) ? 'old' : 'both', item: rule }
  })
  const added = missing.map((item): MergeStep<Rule> => ({ of: 'new', item }))
  if (placeOf(place.table, place.chain) === 'last') {
    const { moves, moved } = toBack(place, steps, jumps, isRefusal)
    return { ...operations(place, [...moved, ...added]), moves }
  }
  const { moves, moved } = toFront(place, steps, jumps)
  return { ...operations(place, [...added, ...moved]), moves }
}

/** The steps of a chain after moves. */
interface Moved {
  readonly moves: readonly MoveRule[]
  readonly moved: readonly MergeStep<Rule>[]
}

/** Moves our jumps in front of foreign rules and keeps their order. */
const toFront = (
  place: ChainPlace,
  steps: readonly MergeStep<Rule>[],
  jumps: ReadonlySet<MergeStep<Rule>>,
): Moved => {
  const moves: MoveRule[] = []
  const moved = [...steps]
  // A surplus jump in front will be deleted, so it is not in the way.
  const isInFront = (step: MergeStep<Rule>): boolean => step.of === 'old' || jumps.has(step)
  let front = moved.findIndex((step) => !isInFront(step))
  if (front === -1) return { moves, moved }
  for (let at = front + 1; at < moved.length; at += 1) {
    const step = moved[at]
    if (step === undefined || !jumps.has(step)) continue
    moved.splice(at, 1)
    moved.splice(front, 0, step)
    moves.push({ kind: 'move-rule', ...place, from: at + 1, to: front + 1, rule: step.item })
    front += 1
  }
  return { moves, moved }
}

/** Moves our jumps to the end where a foreign rule behind them may refuse packets, and keeps their order. */
const toBack = (
  place: ChainPlace,
  steps: readonly MergeStep<Rule>[],
  jumps: ReadonlySet<MergeStep<Rule>>,
  isRefusal: (rule: Rule) => boolean,
): Moved => {
  const lastRefusal = steps.findLastIndex(
    (step) => step.of === 'both' && !jumps.has(step) && isRefusal(step.item),
  )
  const moved = [...steps]
  const moves: MoveRule[] = []
  for (const step of steps.slice(0, lastRefusal + 1)) {
    if (!jumps.has(step)) continue
    const at = moved.indexOf(step)
    moved.splice(at, 1)
    moved.push(step)
    moves.push({ kind: 'move-rule', ...place, from: at + 1, to: moved.length, rule: step.item })
  }
  return { moves, moved }
}
