import { firstEndingFrom } from '../address/prefix-set.ts'
import { hasValue, type RangeSet } from '../address/range-set.ts'
import type { NetfilterRule } from '../netfilter/index.ts'
import { isMatch } from './compile-match.ts'
import type { Compiler } from './compiler.ts'
import { type Explain, explainMatches } from './learn-match.ts'
import { freeFieldOf } from './learner.ts'
import type { Program } from './program.ts'
import { groupRules, type RuleGroup } from './rule-groups.ts'
import { type Asked, type Head, type Key, keys, readHead } from './rule-heads.ts'
import { indexRules, type RuleIndex } from './rule-index.ts'
import type { World } from './world.ts'

/** Some rules of a chain, ready to be asked by a learner. */
export interface ChainPlan {
  readonly groups: readonly { readonly group: RuleGroup; readonly others: Explain }[]
  readonly singles: readonly number[]
  readonly index: RuleIndex | null
}

const plans = new WeakMap<Program, Map<string, ChainPlan>>()

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
export const planFor = (program: Program, compiler: Compiler, world: World): ChainPlan => {
  const { learner } = world
  const held = new Map<Key, RangeSet>()
  if (learner !== null)
    for (const key of addressKeys) {
      const field = freeFieldOf(world, world[key])
      const set = field === null ? undefined : learner.region[field]
      if (set !== undefined) held.set(key, set)
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
): ChainPlan => {
  const { rules } = program.chain
  const { heads, lenient } = readRules(program)
  const wanted = [...held]
  const settled = addressKeys.filter((key) => !held.has(key))
  const keyed: number[] = []
  const open: number[] = []
  for (const [at, head] of heads.entries()) {
    if (program.rules[at]?.acts !== true || (skips && lenient[at] === true)) continue
    let isPossible = true
    for (const [key, set] of wanted) if (!canMeet(head.get(key), set)) isPossible = false
    if (!isPossible) continue
    if (settled.some((key) => head.has(key))) keyed.push(at)
    else open.push(at)
  }
  const { singles, groups } = groupRules(rules, open)
  const all = singles.length === 0 ? keyed : [...keyed, ...singles].sort((a, b) => a - b)
  const usable = keys.filter((key) => !held.has(key))
  return {
    groups: groups.map((group) => ({ group, others: explainMatches(group.others, compiler) })),
    singles: all,
    index: program.indexable ? indexRules(heads, all, usable) : null,
  }
}

/** What every plan of a chain asks of its rules. */
interface RulesRead {
  readonly heads: readonly Head[]
  readonly lenient: readonly boolean[]
}

const read = new WeakMap<Program, RulesRead>()

const readRules = (program: Program): RulesRead => {
  const known = read.get(program)
  if (known !== undefined) return known
  const { rules } = program.chain
  const made = {
    heads: rules.map((rule) => (program.indexable ? readHead(rule) : nothingAsked)),
    lenient: rules.map(isLenient),
  }
  read.set(program, made)
  return made
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
