import type { RangeSet } from '../address/range-set.ts'
import type { NetfilterRule } from '../model/index.ts'
import { isMatch } from './compile-match.ts'
import type { Compiler } from './compiler.ts'
import { freeFieldOf } from './learn.ts'
import { type Explain, explainMatches } from './learn-match.ts'
import type { FreeField } from './learner.ts'
import { acts, type Program } from './program.ts'
import { groupRules, type RuleGroup } from './rule-groups.ts'
import { type Asked, askedOf, type Head, type Key, keys, rulesAsking } from './rule-heads.ts'
import { candidates, indexRules, mergePlaces, type RuleIndex } from './rule-index.ts'
import type { World } from './world.ts'

/** Some rules of a chain, ready to be asked by a learner. */
export interface ChainPlan {
  readonly groups: readonly { readonly group: RuleGroup; readonly others: Explain }[]
  /** The places of rules that are asked one by one and may match a packet, rising. */
  readonly singles: (world: World) => readonly number[]
}

const addressKeys = ['saddr', 'daddr', 'sport', 'dport'] as const

/** The fields of a packet that are free in its region, and where they are. */
type Held = ReadonlyMap<Key, RangeSet>

/** Plans by the region they were made for, and by which field of the packet is which free field. */
const plans = new WeakMap<Program, WeakMap<object, Map<number, ChainPlan>>>()

const fieldNumbers: Readonly<Record<FreeField, number>> = {
  saddr: 1,
  daddr: 2,
  sport: 3,
  dport: 4,
  hostPort: 5,
  targetPort: 6,
  targetAddress: 7,
}

/**
 * How to ask the rules of a chain about packets whose free fields are anywhere in a region: those that can match none
 * of them are left out, lists of bans are asked as one, and the rest is found by the fields that are not free.
 */
export const planFor = (program: Program, compiler: Compiler, world: World): ChainPlan => {
  const { learner } = world
  const region = learner?.region ?? nowhere
  let name = learner?.isLenient === true ? 1 : 0
  for (const key of addressKeys) {
    const field = freeFieldOf(world, world[key])
    name = name * 8 + (field === null ? 0 : fieldNumbers[field])
  }
  const ofProgram = plans.get(program) ?? new WeakMap<object, Map<number, ChainPlan>>()
  plans.set(program, ofProgram)
  const known = ofProgram.get(region) ?? new Map<number, ChainPlan>()
  ofProgram.set(region, known)
  const found = known.get(name)
  if (found !== undefined) return found
  const held = new Map<Key, RangeSet>()
  for (const key of addressKeys) {
    const field = freeFieldOf(world, world[key])
    const set = field === null ? undefined : learner?.region[field]
    if (set !== undefined) held.set(key, set)
  }
  const made = sharedPlan(program, compiler, held, learner?.isLenient === true)
  known.set(name, made)
  return made
}

const nowhere = {}

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

/** More kinds of packets than this are not told apart when a chain is planned. */
const MOST_PLANS = 256

const shared = new WeakMap<Program, Map<string, ChainPlan>>()

/** Regions that differ elsewhere have the same plan. */
const sharedPlan = (program: Program, compiler: Compiler, held: Held, skips: boolean): ChainPlan => {
  const known = shared.get(program) ?? new Map<string, ChainPlan>()
  shared.set(program, known)
  const name = [skips, ...[...held].map(([key, set]) => `${key} ${numberOf(set)}`)].join(' ')
  const found = known.get(name)
  if (found !== undefined) return found
  if (known.size >= MOST_PLANS) known.clear()
  const made = makePlan(program, compiler, held, skips)
  known.set(name, made)
  return made
}

const makePlan = (program: Program, compiler: Compiler, held: Held, skips: boolean): ChainPlan => {
  const chain = readChain(program)
  const { keyed, index, all } = keyedRules(chain, held)
  const isPossible = possibleRules(program, chain, held, skips)
  const open: number[] = []
  for (let at = 0; at < isPossible.length; at += 1) if (isPossible[at] === 1 && keyed[at] === 0) open.push(at)
  const { singles, groups } = groupRules(program.chain.rules, open)
  const others = finder(
    singles,
    program.indexable ? indexRules(chain.heads, singles, ['oifname', 'iifname', 'l4proto']) : null,
  )
  const settled =
    index === null
      ? finder(
          all.filter((at) => isPossible[at] === 1),
          null,
        )
      : (world: World) => candidates(index, world).filter((at) => isPossible[at] === 1)
  return {
    groups: groups.map((group) => ({ group, others: explainMatches(group.others, compiler) })),
    singles: (world) => mergePlaces(settled(world), others(world)),
  }
}

const finder = (places: readonly number[], index: RuleIndex | null): ((world: World) => readonly number[]) =>
  index === null ? () => places : (world) => candidates(index, world)

/** What every plan of a chain asks of its rules. */
interface ChainRead {
  readonly isIndexable: boolean
  readonly heads: readonly Head[]
  /** By rule: it lets a packet pass, or spares it the rest of the chain, and does nothing else. */
  readonly lenient: Uint8Array
  readonly acting: Uint8Array
  /** By the fields that are free. */
  readonly keyed: Map<string, KeyedRules>
  /** By field and set: could the rule match a packet that has a value of the set? */
  readonly meeting: Map<Key, WeakMap<RangeSet, Uint8Array>>
}

/** Rules that ask for a value of a field that is not free. */
interface KeyedRules {
  readonly keyed: Uint8Array
  readonly all: readonly number[]
  readonly index: RuleIndex | null
}

const read = new WeakMap<Program, ChainRead>()

const readChain = (program: Program): ChainRead => {
  const known = read.get(program)
  if (known !== undefined) return known
  const { rules } = program.chain
  const made: ChainRead = {
    isIndexable: program.indexable,
    heads: program.heads(),
    lenient: column(rules, isLenient),
    acting: column(rules, acts),
    keyed: new Map(),
    meeting: new Map(),
  }
  read.set(program, made)
  return made
}

/** Of which it is true, one by one. */
const column = <T>(items: readonly T[], isTrue: (item: T) => boolean): Uint8Array => {
  const made = new Uint8Array(items.length)
  for (let at = 0; at < made.length; at += 1) {
    const item = items[at]
    if (item !== undefined && isTrue(item)) made[at] = 1
  }
  return made
}

const keyedRules = ({ heads, keyed: byFields, isIndexable }: ChainRead, held: Held): KeyedRules => {
  const settled = addressKeys.filter((key) => !held.has(key))
  const name = settled.join(' ')
  const known = byFields.get(name)
  if (known !== undefined) return known
  const keyed = new Uint8Array(heads.length)
  for (const key of settled) for (const at of rulesAsking(heads, key)) keyed[at] = 1
  const all: number[] = []
  for (let at = 0; at < keyed.length; at += 1) if (keyed[at] === 1) all.push(at)
  const usable = keys.filter((key) => !held.has(key))
  const made = { keyed, all, index: isIndexable ? indexRules(heads, all, usable) : null }
  byFields.set(name, made)
  return made
}

/** By rule: could it do anything to any of the packets? */
const possibleRules = (
  { chain: { rules } }: Program,
  { acting, lenient, heads, meeting }: ChainRead,
  held: Held,
  skips: boolean,
): Uint8Array => {
  const possible = new Uint8Array(rules.length)
  const columns = [...held].flatMap(([key, set]) =>
    rulesAsking(heads, key).length === 0 ? [] : [meetingRules(heads, meeting, key, set)],
  )
  for (let at = 0; at < possible.length; at += 1) {
    let isPossible = acting[at] === 1 && !(skips && lenient[at] === 1)
    for (const column of columns) isPossible &&= column[at] === 1
    possible[at] = isPossible ? 1 : 0
  }
  return possible
}

const meetingRules = (
  heads: readonly Head[],
  meeting: ChainRead['meeting'],
  key: Key,
  set: RangeSet,
): Uint8Array => {
  const known = meeting.get(key) ?? new WeakMap<RangeSet, Uint8Array>()
  meeting.set(key, known)
  const found = known.get(set)
  if (found !== undefined) return found
  const made = new Uint8Array(heads.length).fill(1)
  for (const at of rulesAsking(heads, key)) {
    const asked = askedOf(heads[at], key)
    if (asked !== null && !canMeet(asked, set)) made[at] = 0
  }
  known.set(set, made)
  return made
}

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
const canMeet = ({ ranges, names }: Asked, set: RangeSet): boolean => {
  if (names.length > 0) return true
  for (const { first, last } of ranges) if (meets(set, first, last)) return true
  return false
}

/** Sets of so few ranges are walked. */
const FEW = 8

/** Has the set a value from one up to another? */
const meets = ({ starts, ends }: RangeSet, first: number | bigint, last: number | bigint): boolean => {
  const count = starts.length
  let from = 0
  if (count > FEW) {
    let to = count
    while (from < to) {
      const middle = (from + to) >>> 1
      const end = ends[middle]
      if (end !== undefined && end < first) from = middle + 1
      else to = middle
    }
    const start = starts[from]
    return start !== undefined && start <= last
  }
  for (; from < count; from += 1) {
    const start = starts[from]
    const end = ends[from]
    if (start !== undefined && end !== undefined && start <= last && first <= end) return true
  }
  return false
}
