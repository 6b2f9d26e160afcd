import type { NetfilterRule, ValueRange } from '../../model/index.ts'
import type { ChainPlan, PlannedGroup } from '../chain/chain-plan.ts'
import { setOf } from '../chain/rule-groups.ts'
import type { RuleTable } from '../chain/rule-tables.ts'
import type { World } from '../packet/world.ts'
import type { CompiledRule, Program } from '../value/program.ts'
import { NO, type Truth, YES } from '../value/truth.ts'
import { canAskTables, firstInTables, passTables, type TableProgress } from '../walk/ask-tables.ts'
import { isAskedOfMember, learnExclusion, learnFrom, noteAskedMember } from './learn.ts'
import { because, type Explained, refusal } from './learn-match.ts'
import { type Exclusion, membership } from './learner.ts'

/** A rule with leading matches that hold, or may hold. */
export interface MatchingRule {
  readonly rule: CompiledRule
  readonly truth: Truth
  /** The place of the first rule to test after it. */
  readonly resume: number
}

/** A group, and how many of its rules have been tested. */
interface Progress {
  readonly planned: PlannedGroup
  asked: number
}

/** Yields the matching rules of a chain from one on, and notes why each rule before them did not match. */
export const askInTurn = (
  program: Program,
  start: World,
  from: number,
): ((world: World) => MatchingRule | null) => {
  const { planFor, headOf } = program.learning()
  const plan = planFor(start)
  const { tables, singles } = rulesFor(program, plan, start)
  // Most chains can do nothing to a packet.
  if (singles.length === 0 && plan.groups.length === 0 && tables.length === 0) return noRule
  const groups = plan.groups.map(
    (planned): Progress => ({ planned, asked: placeFrom(planned.group.places, from) }),
  )
  const inTables = tables.map(
    (table): TableProgress => ({ table, asked: placeFrom(table.places, from), looked: 0 }),
  )
  let next = placeFrom(singles, from)
  return (world) => {
    for (;;) {
      const at = singles[next]
      const explained = at === undefined ? null : headOf(at)(world)
      // A rule that can match no packet of this kind adds no condition.
      if (explained !== null && explained.truth === NO && explained.because.length === 0) {
        next += 1
        continue
      }
      const single = at ?? Number.POSITIVE_INFINITY
      const before = firstInTables(inTables, single, world)
      for (const progress of groups) {
        const asked = askGroup(program, progress, before, world)
        if (asked === null) continue
        passTables(inTables, asked.resume - 1, world)
        return asked
      }
      passTables(inTables, before, world)
      if (before < single) {
        const matching = program.rule(before)
        const { truth, because: conditions } = headOf(before)(world)
        learnFrom(program, world, conditions)
        if (matching !== undefined) return { rule: matching, truth, resume: before + 1 }
        continue
      }
      if (explained === null || at === undefined) return null
      next += 1
      note(program, world, explained, program.chain.rules[at])
      const rule = explained.truth === NO ? undefined : program.rule(at)
      if (rule !== undefined) return { rule, truth: explained.truth, resume: at + 1 }
    }
  }
}

/**
 * The rules that may match a packet. They come in tables where the notes about them need only their ranges, and one by
 * one.
 */
const rulesFor = (
  { isOurs }: Program,
  plan: ChainPlan,
  world: World,
): { readonly tables: readonly RuleTable[]; readonly singles: readonly number[] } => {
  if (!isOurs && !speaksForOthers(world)) {
    const { tables, singles } = plan.tabled()
    if (canAskTables(tables, world)) return { tables, singles: singles(world) }
  }
  return { tables: [], singles: plan.singles(world) }
}

const noRule = (): null => null

/** The index of the first place that is not before another. */
const placeFrom = (places: readonly number[], from: number): number => {
  let low = 0
  let high = from === 0 ? 0 : places.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((places[middle] ?? from) < from) low = middle + 1
    else high = middle
  }
  return low
}

/** Tests the rules of a group that stand before a place and were not tested yet. */
const askGroup = (
  program: Program,
  progress: Progress,
  before: number,
  world: World,
): MatchingRule | null => {
  const { planned, asked } = progress
  const { group, others, read, origin } = planned
  if ((group.places[asked] ?? before) >= before) return null
  const to = placeFrom(group.places, before)
  progress.asked = to
  const explained = others(world)
  if (explained.truth === NO && explained.because.length === 0) return null
  const value = read(world)
  if (typeof value !== 'number' && typeof value !== 'bigint') return null
  const field = origin(world)
  const inSome = field === null ? null : membership(field, setOf(group, asked, to), value)
  if (inSome?.inside === false) {
    const outside = because(NO, [inSome], true)
    note(program, world, speaksForOthers(world) ? refusal(outside, [explained, outside]) : outside)
    return null
  }
  let found = asked
  const isIn = (ranges: readonly ValueRange[] | undefined): boolean =>
    ranges?.some(({ first, last }) => first <= value && value <= last) === true
  while (found < to && !isIn(group.ranges[found])) found += 1
  const rule = program.rule(group.places[found] ?? -1)
  if (found >= to || rule === undefined) return null
  const within = because(YES, inSome === null ? [] : [inSome], true)
  if (explained.truth === NO) {
    note(program, world, speaksForOthers(world) ? refusal(explained, [explained, within]) : explained)
    return null
  }
  note(program, world, because(explained.truth, [...explained.because, ...within.because]))
  // A caller that ignores this rule needs the next one.
  if ((world.learner?.ignored.size ?? 0) > 0) progress.asked = found + 1
  const place = group.places[found] ?? 0
  return { rule, truth: explained.truth, resume: place + 1 }
}

const speaksForOthers = ({ learner }: World): boolean => learner?.speaksForOthers === true

/**
 * Notes the reasons of a result. A managed rule for one mapping does nothing to the packets of another mapping, and the
 * rules of all mappings are alike. So conditions on the mapping are left out for managed rules.
 */
const note = (
  program: Program,
  world: World,
  { because: conditions, unless }: Explained,
  rule: NetfilterRule | null = null,
): void => {
  if (program.isOurs && (unless?.failsByMember === true || conditions.some(isAskedOfMember)))
    noteAskedMember(world)
  if (unless === null) learnFrom(program, world, conditions)
  else if (!program.isOurs) learnExclusion(world, rule === null ? unless : exclusionBy(unless, rule))
  else if (!unless.failsByMember) learnFrom(program, world, conditions)
}

const exclusionBy = ({ all, failsByMember }: Exclusion, rule: NetfilterRule): Exclusion => ({
  all,
  failsByMember,
  rule,
})

/** Tests a match that stands behind an action. */
export const askStep = (program: Program, rule: CompiledRule, at: number, world: World): Truth => {
  const step = rule.learning()[at]
  if (step === undefined || step === null || !('explain' in step)) return NO
  const explained = step.explain(world)
  note(program, world, explained, rule.rule)
  return explained.truth
}

/** Notes the conditions that an action depends on. */
export const learnAction = (program: Program, rule: CompiledRule, at: number, world: World): void => {
  const step = rule.learning()[at]
  if (step === undefined || step === null || !('depends' in step)) return
  const conditions = step.depends(world)
  // One rule with a map gives each mapping its own target.
  if (isTranslation(rule.tail[at])) learnFrom(program, world, conditions)
  else note(program, world, because(YES, conditions))
}

const isTranslation = (step: CompiledRule['tail'][number] | undefined): boolean =>
  step?.kind === 'act' && step.action.kind === 'nat'
