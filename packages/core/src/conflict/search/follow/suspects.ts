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
import type { Region } from '../region/region.ts'

/**
 * A rule that may stop or change packets. Ten thousand are compared with a row, so only these parts are kept of each.
 */
export interface Suspect {
  readonly chain: NetfilterChain
  readonly rule: NetfilterRule
  /** The matches of the jumps to its chain. */
  readonly before: readonly FieldMatch[]
  /** The rule looks up what it matches in a set or map. */
  readonly looksUp: boolean
  /** The protocols that the rule matches; undefined: any. Read once, because each row asks for them. */
  readonly protocols: readonly ValueRange[] | undefined
  /** The incoming interfaces that the rule matches; undefined: any. */
  readonly interfaces: readonly string[] | undefined
}

/** A match of a rule: one of these values of a field (`inside`), or none of them. */
export interface FieldMatch {
  readonly field: PacketField
  readonly set: RangeSet
  readonly inside: boolean
}

const familiesSeen: Readonly<Record<Family, readonly string[]>> = {
  ip: ['ip', 'inet', 'netdev'],
  ip6: ['ip6', 'inet', 'netdev'],
}

/** The most elements of a set or map that count as suspects of their own. */
const MOST_ELEMENTS = 1024

/** The most jumps that are followed back from a chain. */
const MOST_JUMPS = 4

/**
 * The rules of a host that may stop or change packets of a family, in the order of the rulesets. A rule in a chain that
 * another chain jumps to also has the matches of the jump.
 */
export const suspectsOf = (rulesets: readonly NetfilterRuleset[], family: Family): readonly Suspect[] => {
  // A single list: ten thousand suspects would be copied for the table, and again for the ruleset.
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

/**
 * The addresses and ports that a rule matches, once for each element of its set. They are made anew each time, because
 * there may be millions.
 */
export const fieldsOf = ({ rule, before, looksUp }: Suspect): Iterable<readonly FieldMatch[]> =>
  looksUp ? variants(rule, before) : [allMatches(rule, before)]

interface Way {
  readonly from: string
  readonly matches: readonly FieldMatch[]
}

/** The matches of the first jump to each chain. */
const waysInto = (chains: readonly NetfilterChain[]): ReadonlyMap<string, Way> => {
  const ways = new Map<string, Way>()
  for (const { name, rules } of chains) {
    // Most chains with thousands of rules jump nowhere.
    if (!furtherSteps(rules).some(leadsOn)) continue
    for (const rule of rules)
      for (const { chain, matches } of jumpsOf(rule))
        if (!ways.has(chain)) ways.set(chain, { from: name, matches })
  }
  return ways
}

const wayTo = (chain: string, ways: ReadonlyMap<string, Way>, depth: number): readonly FieldMatch[] => {
  const way = depth > 0 ? ways.get(chain) : undefined
  return way === undefined ? [] : [...wayTo(way.from, ways, depth - 1), ...way.matches]
}

interface Jump {
  readonly chain: string
  readonly matches: readonly FieldMatch[]
}

/** The jumps of a rule. Most rules jump nowhere. */
const jumpsOf = (rule: NetfilterRule): readonly Jump[] => (rule.steps.some(leadsOn) ? allJumpsOf(rule) : none)

const none: readonly never[] = []

const leadsOn = (step: Step): boolean =>
  step.kind === 'dispatch' || (step.kind === 'verdict' && 'chain' in step.verdict)

const allJumpsOf = (rule: NetfilterRule): readonly Jump[] =>
  rule.steps.flatMap((step) => {
    if (step.kind === 'verdict')
      return 'chain' in step.verdict ? [{ chain: step.verdict.chain, matches: matchesOf(rule) }] : []
    if (step.kind !== 'dispatch') return []
    return step.table.elements.slice(0, MOST_ELEMENTS).flatMap((element) => {
      const { data } = element
      return data.kind === 'verdict' && 'chain' in data.verdict
        ? [{ chain: data.verdict.chain, matches: [...matchesOf(rule), ...matchesOfKey(step.key, element)] }]
        : []
    })
  })

const allMatches = (rule: NetfilterRule, before: readonly FieldMatch[]): readonly FieldMatch[] =>
  before.length === 0 ? matchesOf(rule) : [...before, ...matchesOf(rule)]

/**
 * Whether a rule matches only addresses or ports that no packet of a region has. Nearly all of ten thousand rules do,
 * and this check makes no set for them.
 *
 * @param fieldOf - the field of the region that a field of the rule is compared with; null: the field is not compared
 */
export const cannotMatch = (
  { steps }: NetfilterRule,
  region: Region,
  fieldOf: (field: PacketField) => PacketField | null,
): boolean => {
  for (let at = 0; at < steps.length; at += 1) {
    const step = steps[at]
    if (step?.kind !== 'compare' || step.negated || step.values.kind !== 'ranges') continue
    const compared = packetField(step.expression)
    const field = compared === null ? null : fieldOf(compared)
    const [only] = step.values.ranges
    if (field === null || only === undefined || step.values.ranges.length > 1) continue
    const set = region[field]
    if (typeof set.starts[0] !== typeof only.first || !hasSomeOf(set, only.first, only.last)) return true
  }
  return false
}

/** Whether a step looks up what it matches in a set or map. */
const isLookup = (step: Step): step is DispatchStep | LookupStep =>
  step.kind === 'dispatch' || (step.kind === 'lookup' && !step.negated)

/** The matches of a rule after those of the jumps, once for each element of the first set or map that it looks in. */
const variants = function* (
  rule: NetfilterRule,
  before: readonly FieldMatch[],
): Generator<readonly FieldMatch[]> {
  const all = allMatches(rule, before)
  for (const step of rule.steps) {
    if (!isLookup(step)) continue
    const elements = step.table.elements
      .filter(({ data }) => step.kind === 'lookup' || data.kind !== 'verdict' || mayHarm(data.verdict))
      .slice(0, MOST_ELEMENTS)
    if (!elements.some((element) => matchesOfKey(step.key, element).length > 0)) continue
    for (const element of elements) yield [...all, ...matchesOfKey(step.key, element)]
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

/** The addresses and ports that a rule matches, without its sets and maps. */
export const matchesOf = ({ steps }: NetfilterRule): readonly FieldMatch[] => {
  const matches: FieldMatch[] = []
  for (const step of steps) {
    if (step.kind !== 'compare' || step.values.kind !== 'ranges') continue
    const field = packetField(step.expression)
    if (field !== null) matches.push({ field, set: setOf(step.values.ranges), inside: !step.negated })
  }
  return matches
}

const matchesOfKey = (key: readonly Expression[], element: TableElement): readonly FieldMatch[] =>
  key.flatMap((expression, at): FieldMatch[] => {
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
