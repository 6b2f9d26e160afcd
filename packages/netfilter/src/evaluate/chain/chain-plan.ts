import type { RangeSet } from '../../address/range-set.ts'
import type { NetfilterRule } from '../../model/index.ts'
import { type Explain, explainMatches } from '../learn/learn-match.ts'
import type { FreeField } from '../packet/free-field.ts'
import type { Origins } from '../packet/origins.ts'
import type { World } from '../packet/world.ts'
import type { Compiler } from '../value/compiler.ts'
import { once } from '../value/once.ts'
import type { Read } from '../value/read.ts'
import { compileExpression } from '../value/read-expression.ts'
import { type OriginRead, originOf } from '../value/read-origin.ts'
import {
  addressKeys,
  type ChainRead,
  type Held,
  type KeyedRules,
  keyedRules,
  meetingsOf,
  possibleRules,
  readChain,
} from './chain-read.ts'
import { leadingMatches } from './leading-matches.ts'
import { groupRules, type RuleGroup } from './rule-groups.ts'
import type { Heads, Key } from './rule-heads.ts'
import { candidates, indexRules, mergePlaces, type RuleIndex } from './rule-index.ts'
import { type RuleTable, tableRules } from './rule-tables.ts'

/** Some rules of a chain, ready to be asked by a learner. */
export interface ChainPlan {
  readonly groups: readonly PlannedGroup[]
  /** The places of rules that are asked one by one and may match a packet, rising. */
  readonly singles: (world: World) => readonly number[]
  /** The same rules, those in tables that may be asked at once, and the others one by one. */
  readonly tabled: () => TabledPlan
}

/** Rules that are asked at once, and those beside them. */
export interface TabledPlan {
  readonly tables: readonly RuleTable[]
  readonly singles: ChainPlan['singles']
}

/** Rules that are asked as one. */
export interface PlannedGroup {
  readonly group: RuleGroup
  /** What tells of the matches that all of them share. */
  readonly others: Explain
  /** Reads what tells them apart. */
  readonly read: Read
  readonly origin: OriginRead
}

/** How a learner asks the rules of one chain. What is found out of them once lasts as long as the compiled chain. */
export interface ChainLearning {
  /**
   * How to ask the rules about packets whose free fields are anywhere in a region: those that can match none of them are
   * left out, lists of bans are asked as one, and the rest is found by the fields that are not free.
   */
  readonly planFor: (world: World) => ChainPlan
  /** What the leading matches of a rule tell, by its place; of most rules this is all that is asked. */
  readonly headOf: (at: number) => Explain
}

const fieldNumbers: Readonly<Record<FreeField, number>> = {
  saddr: 1,
  daddr: 2,
  sport: 3,
  dport: 4,
  hostPort: 5,
  targetPort: 6,
  targetAddress: 7,
}

/** Every walk through a chain asks for it. */
const numberOfOrigins = ({ saddr, daddr, sport, dport }: Origins): number =>
  numberOfField(saddr) + numberOfField(daddr) * 8 + numberOfField(sport) * 64 + numberOfField(dport) * 512

const numberOfField = (field: FreeField | null): number => (field === null ? 0 : fieldNumbers[field])

/** More kinds of packets than this are not told apart when a chain is planned. */
const MOST_PLANS = 256

const nowhere = {}

/**
 * @param isIndexable - no rule of its table changes addresses on the way
 */
export const learnChain = (
  rules: readonly NetfilterRule[],
  heads: Heads,
  isIndexable: boolean,
  compiler: Compiler,
): ChainLearning => {
  const chain = readChain(rules, heads, isIndexable)
  /** By the region that a plan was made for, and by which field of the packet is which free field. */
  const byRegion = new WeakMap<object, Map<number, ChainPlan>>()
  /** By the rules that the free fields leave possible: regions that differ elsewhere have the same plan. */
  const byRules = new Map<string, ChainPlan>()
  const explained: Explain[] = []
  const planOf = (held: Held, isLenient: boolean): ChainPlan => {
    const meetings = meetingsOf(chain, held)
    const name = [isLenient, ...held.keys(), ...meetings.map(({ number }) => number)].join(' ')
    const found = byRules.get(name)
    if (found !== undefined) return found
    if (byRules.size >= MOST_PLANS) byRules.clear()
    const made = makePlan(
      rules,
      chain,
      compiler,
      keyedRules(chain, held),
      possibleRules(chain, meetings, isLenient),
    )
    byRules.set(name, made)
    return made
  }
  return {
    planFor: (world) => {
      const { learner } = world
      const region = learner?.region ?? nowhere
      const isLenient = learner?.isLenient === true
      const name = numberOfOrigins(world.origins) * 2 + (isLenient ? 1 : 0)
      let known = byRegion.get(region)
      if (known === undefined) {
        known = new Map()
        byRegion.set(region, known)
      }
      const found = known.get(name)
      if (found !== undefined) return found
      const held = new Map<Key, RangeSet>()
      for (const key of addressKeys) {
        const field = world.origins[key]
        const set = field === null ? undefined : learner?.region[field]
        if (set !== undefined) held.set(key, set)
      }
      const made = planOf(held, isLenient)
      known.set(name, made)
      return made
    },
    headOf: (at) => {
      const known = explained[at]
      if (known !== undefined) return known
      const made = explainMatches(leadingMatches(rules[at]?.steps ?? []), compiler)
      explained[at] = made
      return made
    },
  }
}

const makePlan = (
  rules: readonly NetfilterRule[],
  chain: ChainRead,
  compiler: Compiler,
  { keyed, index, all }: KeyedRules,
  isPossible: Uint8Array,
): ChainPlan => {
  const open: number[] = []
  for (let at = 0; at < isPossible.length; at += 1) if (isPossible[at] === 1 && keyed[at] === 0) open.push(at)
  const { singles, groups } = groupRules(rules, open)
  const others = (places: readonly number[]): Finder =>
    whenAsked(() =>
      finder(
        places,
        chain.isIndexable ? indexRules(chain.heads, places, ['oifname', 'iifname', 'l4proto']) : null,
      ),
    )
  const settled =
    index === null
      ? finder(
          all.filter((at) => isPossible[at] === 1),
          null,
        )
      : (world: World) => candidates(index, world).filter((at) => isPossible[at] === 1)
  return {
    groups: groups.map((group) => ({
      group,
      others: explainMatches(group.others, compiler),
      read: compileExpression(group.differs.expression, compiler),
      origin: originOf(group.differs.expression),
    })),
    singles: besides(settled, others(singles)),
    tabled: once((): TabledPlan => {
      // Where addresses change on the way, what was read of a packet is not what later rules are asked about.
      if (!chain.isIndexable) return { tables: [], singles: besides(settled, others(singles)) }
      const tabled = tableRules(rules, singles, compiler)
      return { tables: tabled.tables, singles: besides(settled, others(tabled.others)) }
    }),
  }
}

type Finder = ChainPlan['singles']

const besides =
  (some: Finder, others: Finder): Finder =>
  (world) =>
    mergePlaces(some(world), others(world))

const finder = (places: readonly number[], index: RuleIndex | null): Finder =>
  index === null ? () => places : (world) => candidates(index, world)

/** Made when it is first asked. */
const whenAsked = (make: () => Finder): Finder => {
  const made = once(make)
  return (world) => made()(world)
}
