import { firstEndingFrom } from '../address/prefix-set.ts'
import { hasValue, type RangeSet } from '../address/range-set.ts'
import type { ActionStep, NetfilterRule, ValueRange } from '../netfilter/index.ts'
import { isMatch } from './compile-match.ts'
import type { Compiler } from './compiler.ts'
import { type Depends, dependsOn } from './learn-expression.ts'
import { learnLookup } from './learn-lookup.ts'
import { type Explain, explainMatches } from './learn-match.ts'
import { freeFieldOf, learn, membership } from './learner.ts'
import type { CompiledRule, Program } from './program.ts'
import { compileExpression } from './read-expression.ts'
import { groupRules, type RuleGroup, setOf } from './rule-groups.ts'
import { type Asked, type Head, type Key, keys, readHead } from './rule-heads.ts'
import { candidates, indexRules, type RuleIndex } from './rule-index.ts'
import { NO, type Truth } from './truth.ts'
import type { World } from './world.ts'

/** A rule whose matches may hold. */
export interface MatchingRule {
  readonly rule: CompiledRule
  readonly truth: Truth
  /** The first rule to be asked after it. */
  readonly resume: number
}

/** Some rules of a chain, ready to be asked by a learner. */
interface Plan {
  readonly groups: readonly { readonly group: RuleGroup; readonly others: Explain }[]
  readonly singles: readonly number[]
  readonly index: RuleIndex | null
}

const plans = new WeakMap<Program, Map<string, Plan>>()

/** More kinds of packets than this are not told apart when a chain is planned. */
const MOST_PLANS = 256

const addressKeys = ['saddr', 'daddr', 'sport', 'dport'] as const

/** Numbers for sets, so that a plan is known by the sets it was made for. */
const numbers = new WeakMap<RangeSet, number>()
let given = 0

const numberOf = (set: RangeSet): number => {
  const known = numbers.get(set)
  if (known !== undefined) return known
  given += 1
  numbers.set(set, given)
  return given
}

/**
 * How to ask the rules of a chain about packets whose free fields are anywhere in a region: those that can match none
 * of them are left out, lists of bans are asked as one, and the rest is found by the fields that are not free.
 */
const planFor = (program: Program, compiler: Compiler, world: World): Plan => {
  const { learner } = world
  const held = new Map<Key, RangeSet>()
  if (learner !== null)
    for (const key of addressKeys) {
      const field = freeFieldOf(world, world[key])
      if (field !== null) held.set(key, learner.region[field])
    }
  let known = plans.get(program)
  if (known === undefined) {
    known = new Map()
    plans.set(program, known)
  }
  const skips = learner?.isLenient === true
  const name = [skips, ...[...held].map(([key, set]) => `${key} ${numberOf(set)}`)].join(' ')
  const found = known.get(name)
  if (found !== undefined) return found
  if (known.size >= MOST_PLANS) known.clear()
  const made = makePlan(program, compiler, held, skips)
  known.set(name, made)
  return made
}

const makePlan = (
  program: Program,
  compiler: Compiler,
  held: ReadonlyMap<Key, RangeSet>,
  skips: boolean,
): Plan => {
  const { rules } = program.chain
  const keyed: number[] = []
  const open: number[] = []
  for (const [at, rule] of rules.entries()) {
    if (program.rules[at]?.acts !== true || (skips && isLenient(rule))) continue
    const head = program.indexable ? readHead(rule) : nothingAsked
    if ([...held].some(([key, set]) => !canMeet(head.get(key), set))) continue
    const isKeyed = addressKeys.some((key) => !held.has(key) && head.has(key))
    ;(isKeyed ? keyed : open).push(at)
  }
  const { singles, groups } = groupRules(rules, open)
  const all = [...keyed, ...singles].sort((a, b) => a - b)
  const usable = keys.filter((key) => !held.has(key))
  return {
    groups: groups.map((group) => ({ group, others: explainMatches(group.others, compiler) })),
    singles: all,
    index: program.indexable ? indexRules(rules, all, usable) : null,
  }
}

const nothingAsked: Head = new Map()

/** Lets a packet pass, or spares it the rest of the chain, and does nothing else. */
const isLenient = ({ steps }: NetfilterRule): boolean => {
  const last = steps.findLast(({ kind }) => kind !== 'note')
  return (
    last?.kind === 'verdict' &&
    (last.verdict.kind === 'accept' || last.verdict.kind === 'return') &&
    steps.every((step) => step === last || step.kind === 'note' || isMatch(step))
  )
}

/** Is any of the values that a rule asks for in the set? */
const canMeet = (asked: Asked | undefined, set: RangeSet): boolean => {
  if (asked === undefined) return true
  for (const value of asked.singles)
    if (typeof value !== 'number' && typeof value !== 'bigint') return true
    else if (hasValue(set, value)) return true
  for (const { first, last } of asked.ranges) {
    const start = set.starts[firstEndingFrom(set.ends.length, (at) => set.ends[at], first)]
    if (start !== undefined && start <= last) return true
  }
  return false
}

/** A group with how many of its rules have been asked. */
interface Progress {
  readonly group: RuleGroup
  readonly others: Explain
  asked: number
}

/** Walks the rules of a chain from one on, noting what passing each of them by hung on. */
export const askInTurn = (
  program: Program,
  compiler: Compiler,
  start: World,
  from: number,
): ((world: World) => MatchingRule | null) => {
  const plan = planFor(program, compiler, start)
  const singles = plan.index === null ? plan.singles : candidates(plan.index, start)
  const groups = plan.groups.map(
    ({ group, others }): Progress => ({ group, others, asked: placeFrom(group.places, from) }),
  )
  let next = placeFrom(singles, from)
  return (world) => {
    for (;;) {
      const at = singles[next]
      const rule = at === undefined ? undefined : program.rules[at]
      const explained = rule === undefined ? null : learningRule(rule, compiler).head(world)
      // What can match no packet of the kind needs no order.
      if (explained !== null && explained.truth === NO && explained.because.length === 0) {
        next += 1
        continue
      }
      const before = at ?? Number.POSITIVE_INFINITY
      for (const progress of groups) {
        const asked = askGroup(program, progress, before, compiler, world)
        if (asked !== null) return asked
      }
      if (explained === null || rule === undefined || at === undefined) return null
      next += 1
      learn(world, explained.because)
      if (explained.truth !== NO) return { rule, truth: explained.truth, resume: at + 1 }
    }
  }
}

/** The first of rising places that is not before one. */
const placeFrom = (places: readonly number[], from: number): number =>
  from === 0 ? 0 : firstEndingFrom(places.length, (at) => places[at], from)

/** Asks those rules of a group that stand before a place and have not been asked. */
const askGroup = (
  program: Program,
  progress: Progress,
  before: number,
  compiler: Compiler,
  world: World,
): MatchingRule | null => {
  const { group, others, asked } = progress
  const to = placeFrom(group.places, before)
  if (asked >= to) return null
  progress.asked = to
  const explained = others(world)
  if (explained.truth === NO && explained.because.length === 0) return null
  const value = compileExpression(group.differs.expression, compiler)(world)
  if (typeof value !== 'number' && typeof value !== 'bigint') return null
  const field = freeFieldOf(world, value)
  const inSome = field === null ? [] : [membership(field, setOf(group, asked, to), value)]
  if (field !== null && inSome[0]?.inside === false) {
    learn(world, inSome)
    return null
  }
  let found = asked
  const isIn = (ranges: readonly ValueRange[] | undefined): boolean =>
    ranges?.some(({ first, last }) => first <= value && value <= last) === true
  while (found < to && !isIn(group.ranges[found])) found += 1
  const rule = program.rules[group.places[found] ?? -1]
  if (found >= to || rule === undefined) return null
  learn(world, explained.truth === NO ? explained.because : [...explained.because, ...inSome])
  if (explained.truth === NO) return null
  // Who asks what would be without a rule wants to hear of the next one.
  if ((world.learner?.ignored.size ?? 0) > 0) progress.asked = found + 1
  const place = group.places[found] ?? 0
  return { rule, truth: explained.truth, resume: place + 1 }
}

/** A rule as a learner reads it. */
interface LearningRule {
  readonly head: Explain
  /** Of each step behind the head: the test of a match, or what an action hangs on. */
  readonly tail: readonly ({ readonly explain: Explain } | { readonly depends: Depends } | null)[]
}

const rules = new WeakMap<CompiledRule, LearningRule>()

const learningRule = (compiled: CompiledRule, compiler: Compiler): LearningRule => {
  const known = rules.get(compiled)
  if (known !== undefined) return known
  const { steps } = compiled.rule
  const split = steps.findIndex((step) => !isMatch(step))
  const end = split < 0 ? steps.length : split
  const made: LearningRule = {
    head: explainMatches(steps.slice(0, end).filter(isMatch), compiler),
    tail: steps
      .slice(end)
      .filter(({ kind }) => kind !== 'note')
      .map((step) => {
        if (isMatch(step)) return { explain: explainMatches([step], compiler) }
        const depends = dependsOnAction(step, compiler)
        return depends === null ? null : { depends }
      }),
  }
  rules.set(compiled, made)
  return made
}

const dependsOnAction = (action: ActionStep, compiler: Compiler): Depends | null => {
  switch (action.kind) {
    case 'dispatch': {
      const reads = action.key.map((one) => compileExpression(one, compiler))
      return (world) =>
        learnLookup(
          world,
          reads.map((read) => read(world)),
          action.table,
          true,
        )
    }
    case 'nat': {
      const operands = [action.address, action.port].flatMap((operand) =>
        operand?.kind === 'expression' ? (dependsOn(operand.expression, compiler) ?? []) : [],
      )
      return operands.length === 0 ? null : (world) => operands.flatMap((depends) => depends(world))
    }
    case 'set':
      return dependsOn(action.value, compiler)
    default:
      return null
  }
}

/** The test of a match that stands behind an action. */
export const askStep = (rule: CompiledRule, at: number, compiler: Compiler, world: World): Truth => {
  const step = learningRule(rule, compiler).tail[at]
  if (step === undefined || step === null || !('explain' in step)) return NO
  const { truth, because } = step.explain(world)
  learn(world, because)
  return truth
}

/** Notes what an action hangs on. */
export const learnAction = (rule: CompiledRule, at: number, compiler: Compiler, world: World): void => {
  const step = learningRule(rule, compiler).tail[at]
  if (step !== undefined && step !== null && 'depends' in step) learn(world, step.depends(world))
}
