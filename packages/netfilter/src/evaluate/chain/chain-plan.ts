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

/** The rules of a chain that a learner tests for one kind of packets. */
export interface ChainPlan {
  readonly groups: readonly PlannedGroup[]
  /** The places of the rules that may match a packet and are tested one by one, rising. */
  readonly singles: (world: World) => readonly number[]
  /** The same rules, split: those in tables are tested at once, the others one by one. */
  readonly tabled: () => TabledPlan
}

/** Rules that are tested at once, and the others beside them. */
export interface TabledPlan {
  readonly tables: readonly RuleTable[]
  readonly singles: ChainPlan['singles']
}

/** Rules that are tested as one. */
export interface PlannedGroup {
  readonly group: RuleGroup
  /** Tests the matches that all of them share. */
  readonly others: Explain
  /** Reads the field that differs from rule to rule. */
  readonly read: Read
  readonly origin: OriginRead
}

/** How a learner tests the rules of one chain. It is kept with the compiled chain. */
export interface ChainLearning {
  /**
   * The plan for packets with free fields anywhere in a region. Rules that can match none of them are left out, lists
   * of bans are tested as one, and the fields that are not free select the rest.
   */
  readonly planFor: (world: World) => ChainPlan
  /** Tests the leading matches of a rule, by its place. Most rules need no other test. */
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

/** One number for all origins of a packet: every walk through a chain needs this cache key. */
const numberOfOrigins = ({ saddr, daddr, sport, dport }: Origins): number =>
  numberOfField(saddr) + numberOfField(daddr) * 8 + numberOfField(sport) * 64 + numberOfField(dport) * 512

const numberOfField = (field: FreeField | null): number => (field === null ? 0 : fieldNumbers[field])

/** The most plans cached for a chain. The cache is emptied beyond that. */
const MOST_PLANS = 256

const nowhere = {}

/**
 * Prepares the rules of a chain for learners.
 *
 * @param isIndexable - whether no rule of the chain's table changes addresses
 */
export const learnChain = (
  rules: readonly NetfilterRule[],
  heads: Heads,
  isIndexable: boolean,
  compiler: Compiler,
): ChainLearning => {
  const chain = readChain(rules, heads, isIndexable)
  /** By the region that a plan was made for, and by the number of the packet's origins. */
  const byRegion = new WeakMap<object, Map<number, ChainPlan>>()
  /** By the rules that the free fields leave possible: two regions with the same rules share a plan. */
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
      // Where a rule changes addresses, later rules meet other values than those read before.
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

/** Builds a finder at its first use. */
const whenAsked = (make: () => Finder): Finder => {
  const made = once(make)
  return (world) => made()(world)
}
