import type {
  DispatchStep,
  Expression,
  Family,
  LookupStep,
  NetfilterChain,
  NetfilterRule,
  NetfilterRuleset,
  NetfilterTable,
  Step,
  TableElement,
  ValueRange,
  Verdict,
} from '@portolan/netfilter'
import type { PacketField } from '@portolan/netfilter/analysis'
import {
  asksOnly,
  furtherSteps,
  hasSomeOf,
  type RangeSet,
  rangeSet,
  readAsked,
} from '@portolan/netfilter/analysis'
import type { Region } from './region.ts'

/** A rule that may stop or change packets. Ten thousand are held against a row, so no more than this is kept of each. */
export interface Suspect {
  readonly chain: NetfilterChain
  readonly rule: NetfilterRule
  /** What the jumps to its chain ask for. */
  readonly before: readonly Asked[]
  /** It looks in a set or map for what it asks for. */
  readonly looksUp: boolean
  /** The protocols that the rule asks for; undefined: it asks for none. Read once, as each row asks. */
  readonly protocols: readonly ValueRange[] | undefined
  /** The interfaces to come in by that it asks for. */
  readonly interfaces: readonly string[] | undefined
}

/** A rule asks for one of these values of a field, or for none of them. */
export interface Asked {
  readonly field: PacketField
  readonly set: RangeSet
  readonly inside: boolean
}

const familiesSeen: Readonly<Record<Family, readonly string[]>> = {
  ip: ['ip', 'inet', 'netdev'],
  ip6: ['ip6', 'inet', 'netdev'],
}

/** Of a set or map, so many elements are suspects of their own. */
const MOST_ELEMENTS = 1024

/** Jumps are followed back so far. */
const MOST_JUMPS = 4

/**
 * The rules of a host that may stop or change packets of a family, in the order of the rulesets. A rule in a chain
 * that another jumps to asks for what the jump asks, too.
 */
export const suspectsOf = (rulesets: readonly NetfilterRuleset[], family: Family): readonly Suspect[] => {
  // One list: ten thousand would be copied for the table, and again for the ruleset.
  const suspects: Suspect[] = []
  for (const { tables } of rulesets)
    for (const table of tables)
      if (!table.dormant && familiesSeen[family].includes(table.family)) addSuspects(suspects, table)
  return suspects
}

const addSuspects = (suspects: Suspect[], { chains }: NetfilterTable): void => {
  const ways = waysInto(chains)
  for (const chain of chains) {
    const before = wayTo(chain.name, ways, MOST_JUMPS)
    for (const rule of chain.rules) {
      if (!rule.steps.some(isHarmful)) continue
      const protocols = readAsked(rule, 'l4proto')?.ranges
      const interfaces = readAsked(rule, 'iifname')?.names
      const looksUp = rule.steps.some(isLookup)
      suspects.push({ chain, rule, before, looksUp, protocols, interfaces })
    }
  }
}

/** Addresses and ports that a rule asks for: once for each element of its set. Made anew each time: there may be millions. */
export const fieldsOf = ({ rule, before, looksUp }: Suspect): Iterable<readonly Asked[]> =>
  looksUp ? variants(rule, before) : [allAsked(rule, before)]

interface Way {
  readonly from: string
  readonly asked: readonly Asked[]
}

/** What the first jump to each chain asks for. */
const waysInto = (chains: readonly NetfilterChain[]): ReadonlyMap<string, Way> => {
  const ways = new Map<string, Way>()
  for (const { name, rules } of chains) {
    // Most chains of thousands of rules lead nowhere.
    if (!furtherSteps(rules).some(leadsOn)) continue
    for (const rule of rules)
      for (const { chain, asked } of jumpsOf(rule))
        if (!ways.has(chain)) ways.set(chain, { from: name, asked })
  }
  return ways
}

const wayTo = (chain: string, ways: ReadonlyMap<string, Way>, depth: number): readonly Asked[] => {
  const way = depth > 0 ? ways.get(chain) : undefined
  return way === undefined ? [] : [...wayTo(way.from, ways, depth - 1), ...way.asked]
}

interface Jump {
  readonly chain: string
  readonly asked: readonly Asked[]
}

/** Most rules of a host jump nowhere. */
const jumpsOf = (rule: NetfilterRule): readonly Jump[] => (rule.steps.some(leadsOn) ? allJumpsOf(rule) : none)

const none: readonly never[] = []

const leadsOn = (step: Step): boolean =>
  step.kind === 'dispatch' || (step.kind === 'verdict' && 'chain' in step.verdict)

const allJumpsOf = (rule: NetfilterRule): readonly Jump[] =>
  rule.steps.flatMap((step) => {
    if (step.kind === 'verdict')
      return 'chain' in step.verdict ? [{ chain: step.verdict.chain, asked: askedBy(rule) }] : []
    if (step.kind !== 'dispatch') return []
    return step.table.elements.slice(0, MOST_ELEMENTS).flatMap((element) => {
      const { data } = element
      return data.kind === 'verdict' && 'chain' in data.verdict
        ? [{ chain: data.verdict.chain, asked: [...askedBy(rule), ...askedByKey(step.key, element)] }]
        : []
    })
  })

const allAsked = (rule: NetfilterRule, before: readonly Asked[]): readonly Asked[] =>
  before.length === 0 ? askedBy(rule) : [...before, ...askedBy(rule)]

/**
 * Asks a rule for an address or a port that no packet of a region has? Of ten thousand rules nearly all do, and no set is
 * made of what those ask for.
 *
 * @param fieldOf - the field of the region that a field of the rule is held against; null: it is not
 */
export const isOfOthers = (
  { steps }: NetfilterRule,
  region: Region,
  fieldOf: (field: PacketField) => PacketField | null,
): boolean => {
  for (let at = 0; at < steps.length; at += 1) {
    const step = steps[at]
    if (step?.kind !== 'compare' || step.negated || step.values.kind !== 'ranges') continue
    const asked = packetField(step.expression)
    const field = asked === null ? null : fieldOf(asked)
    const [only] = step.values.ranges
    if (field === null || only === undefined || step.values.ranges.length > 1) continue
    const set = region[field]
    if (typeof set.starts[0] !== typeof only.first || !hasSomeOf(set, only.first, only.last)) return true
  }
  return false
}

/** It looks in a set or map for what it asks for. */
const isLookup = (step: Step): step is DispatchStep | LookupStep =>
  step.kind === 'dispatch' || (step.kind === 'lookup' && !step.negated)

/** What a rule asks for beside what was asked before, once for each element of the first set or map it looks in. */
const variants = function* (rule: NetfilterRule, before: readonly Asked[]): Generator<readonly Asked[]> {
  const all = allAsked(rule, before)
  for (const step of rule.steps) {
    if (!isLookup(step)) continue
    const elements = step.table.elements
      .filter(({ data }) => step.kind === 'lookup' || data.kind !== 'verdict' || mayHarm(data.verdict))
      .slice(0, MOST_ELEMENTS)
    if (!elements.some((element) => askedByKey(step.key, element).length > 0)) continue
    for (const element of elements) yield [...all, ...askedByKey(step.key, element)]
    return
  }
  yield all
}

const isHarmful = (step: Step): boolean => {
  switch (step.kind) {
    case 'verdict':
      return mayHarm(step.verdict)
    case 'dispatch':
      return step.table.elements.some(({ data }) => data.kind === 'verdict' && mayHarm(data.verdict))
    default:
      return !asksOnly(step)
  }
}

const mayHarm = ({ kind }: Verdict): boolean => kind === 'drop' || kind === 'stolen'

/** What a rule asks of addresses and ports, sets and maps left out. */
export const askedBy = ({ steps }: NetfilterRule): readonly Asked[] => {
  const asked: Asked[] = []
  for (const step of steps) {
    if (step.kind !== 'compare' || step.values.kind !== 'ranges') continue
    const field = packetField(step.expression)
    if (field !== null) asked.push({ field, set: setOf(step.values.ranges), inside: !step.negated })
  }
  return asked
}

const askedByKey = (key: readonly Expression[], element: TableElement): readonly Asked[] =>
  key.flatMap((expression, at): Asked[] => {
    const field = packetField(expression)
    const values = element.key[at]
    return field === null || values?.kind !== 'ranges'
      ? []
      : [{ field, set: setOf(values.ranges), inside: true }]
  })

const setOf = (ranges: readonly ValueRange[]): RangeSet => {
  const only = ranges[0]
  return only !== undefined && ranges.length === 1
    ? { starts: [only.first], ends: [only.last] }
    : rangeSet(ranges)
}

const packetField = (expression: Expression): PacketField | null => {
  if (expression.kind !== 'field') return null
  const { field } = expression
  return field === 'saddr' || field === 'daddr' || field === 'sport' || field === 'dport' ? field : null
}
