import { firstEndingFrom } from '../address/prefix-set.ts'
import type { ActionStep } from '../netfilter/index.ts'
import { isMatch } from './compile-match.ts'
import type { Compiler } from './compiler.ts'
import { type Depends, dependsOn } from './learn-expression.ts'
import { learnLookup } from './learn-lookup.ts'
import { type Explain, explainMatches } from './learn-match.ts'
import { freeFieldOf, learn, membership } from './learner.ts'
import type { CompiledRule, Program } from './program.ts'
import { compileExpression } from './read-expression.ts'
import { groupRules, type RuleGroup } from './rule-groups.ts'
import type { Key } from './rule-heads.ts'
import { keys } from './rule-heads.ts'
import { candidates, indexRules, type RuleIndex } from './rule-index.ts'
import { both, NO, type Truth } from './truth.ts'
import type { World } from './world.ts'

/** A rule whose matches may hold. */
export interface Asked {
  readonly rule: CompiledRule
  readonly truth: Truth
  /** The first rule to be asked after it. */
  readonly resume: number
}

/** A chain as a learner walks it. */
interface LearningChain {
  readonly groups: ReadonlyMap<number, RuleGroup>
  readonly groupTests: Map<RuleGroup, Explain>
  /** One rule of each group, and all that are in none. */
  readonly leaders: readonly number[]
  /** By the fields that are free, which it must not ask. */
  readonly indexes: Map<string, RuleIndex | null>
}

const chains = new WeakMap<Program, LearningChain>()

const learningChain = (program: Program): LearningChain => {
  const known = chains.get(program)
  if (known !== undefined) return known
  const rules = program.chain.rules
  const groups = groupRules(rules)
  const leaders = rules.flatMap((_, at) => ((groups.get(at)?.from ?? at) === at ? [at] : []))
  const made: LearningChain = { groups, groupTests: new Map(), leaders, indexes: new Map() }
  chains.set(program, made)
  return made
}

const addressKeys = ['saddr', 'daddr', 'sport', 'dport'] as const

/** The rules that may match, whatever the free fields are. */
const leadersFor = (program: Program, chain: LearningChain, world: World): readonly number[] => {
  if (!program.indexable) return chain.leaders
  const free: readonly Key[] = addressKeys.filter((key) => freeFieldOf(world, world[key]) !== null)
  const mask = free.join(' ')
  let index = chain.indexes.get(mask)
  if (index === undefined) {
    const usable = keys.filter((key) => !free.includes(key))
    index = indexRules(program.chain.rules, chain.leaders, usable)
    chain.indexes.set(mask, index)
  }
  return index === null ? chain.leaders : candidates(index, world)
}

/** Walks the rules of a chain from one on, noting what passing each of them by hung on. */
export const askInTurn = (
  program: Program,
  compiler: Compiler,
  start: World,
  from: number,
): ((world: World) => Asked | null) => {
  const chain = learningChain(program)
  const among = leadersFor(program, chain, start)
  const endOf = (at: number): number => chain.groups.get(at)?.to ?? at + 1
  // Leaders rise, and so do the ends of their groups.
  let next = from === 0 ? 0 : firstEndingFrom(among.length, (index) => endOf(among[index] ?? 0), from + 1)
  return (world) => {
    for (; next < among.length; next += 1) {
      const at = among[next] ?? 0
      const rule = program.rules[at]
      if (rule === undefined || !rule.acts) continue
      const group = chain.groups.get(at)
      const asked =
        group === undefined
          ? askRule(rule, at, compiler, world)
          : askGroup(program, chain, group, Math.max(at, from), compiler, world)
      if (asked.truth === NO) continue
      next += 1
      return asked
    }
    return null
  }
}

const askRule = (rule: CompiledRule, at: number, compiler: Compiler, world: World): Asked => {
  const { truth, because } = learningRule(rule, compiler).head(world)
  learn(world, because)
  return { rule, truth, resume: at + 1 }
}

const askGroup = (
  program: Program,
  { groupTests }: LearningChain,
  group: RuleGroup,
  from: number,
  compiler: Compiler,
  world: World,
): Asked => {
  const { expression } = group.differs
  const first = program.rules[group.from]
  if (first === undefined) throw new Error('a group without rules')
  const none: Asked = { rule: first, truth: NO, resume: group.to }
  let test = groupTests.get(group)
  if (test === undefined) {
    test = explainMatches(group.others, compiler)
    groupTests.set(group, test)
  }
  const others = test(world)
  if (others.truth === NO && others.because.length === 0) return none
  const value = compileExpression(expression, compiler)(world)
  if (typeof value !== 'number' && typeof value !== 'bigint') return none
  const field = freeFieldOf(world, value)
  const condition = field === null ? [] : [membership(field, group.set, value)]
  const found = group.ranges.findIndex(
    (ranges, at) =>
      at >= from - group.from && ranges.some(({ first: low, last }) => low <= value && value <= last),
  )
  if (others.truth === NO) learn(world, others.because)
  else learn(world, found < 0 ? condition : [...others.because, ...condition])
  const rule = program.rules[group.from + found]
  if (found < 0 || others.truth === NO || rule === undefined) return none
  const resume = (world.learner?.ignored.size ?? 0) > 0 ? group.from + found + 1 : group.to
  return { rule, truth: both(others.truth, 1), resume }
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
