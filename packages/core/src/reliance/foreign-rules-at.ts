import type {
  BaseHook,
  Family,
  MatchStep,
  NetfilterChain,
  NetfilterRule,
  NetfilterRuleset,
  NetfilterTable,
} from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'

/** A foreign rule, with the program that wrote it. */
export interface ForeignRule {
  readonly rule: NetfilterRule
  readonly owner: string | null
}

/** Selects rules: their family, and the base chains that packets enter by. */
export interface RulesAsked {
  readonly family: Family
  readonly at: (base: BaseHook) => boolean
  /** False: the packets in question do not match the rule. The rule is not listed, and its jumps are not followed. */
  readonly mayMatch?: (rule: NetfilterRule) => boolean
}

/** The foreign rules that packets of a family meet in the base chains asked for, in the order of their tables. */
export const foreignRulesAt = (
  rulesets: readonly NetfilterRuleset[],
  asked: RulesAsked,
): readonly ForeignRule[] =>
  rulesets.flatMap(({ tables }) =>
    tables.flatMap((table) =>
      table.dormant || (table.family !== 'inet' && table.family !== asked.family)
        ? []
        : reached(table, asked),
    ),
  )

const reached = (table: NetfilterTable, asked: RulesAsked): readonly ForeignRule[] => {
  const byName = new Map(table.chains.map((chain) => [chain.name, chain]))
  const waiting: NetfilterChain[] = table.chains.filter(({ base }) => base !== null && asked.at(base))
  const seen = new Set(waiting)
  const found: ForeignRule[] = []
  for (let chain = waiting.shift(); chain !== undefined; chain = waiting.shift()) {
    for (const rule of chain.rules) {
      const owner = ownerOf(table, chain, rule)
      if (owner === 'portolan' || !isOfFamily(rule, asked.family) || asked.mayMatch?.(rule) === false)
        continue
      found.push({ rule, owner })
      for (const name of targetsOf(rule)) {
        const target = byName.get(name)
        if (target === undefined || seen.has(target)) continue
        seen.add(target)
        waiting.push(target)
      }
    }
  }
  return found
}

const targetsOf = ({ steps }: NetfilterRule): readonly string[] =>
  steps.flatMap((step) => {
    if (step.kind === 'verdict') return 'chain' in step.verdict ? [step.verdict.chain] : []
    if (step.kind !== 'dispatch') return []
    const { elements, otherwise } = step.table
    return [...elements.map(({ data }) => data), ...(otherwise === null ? [] : [otherwise])].flatMap(
      (data) => (data.kind === 'verdict' && 'chain' in data.verdict ? [data.verdict.chain] : []),
    )
  })

const nfproto: Readonly<Record<Family, number>> = { ip: 2, ip6: 10 }

/** False when a match of the rule accepts only packets of the other family. */
const isOfFamily = ({ steps }: NetfilterRule, family: Family): boolean =>
  steps.every((step) => step.kind !== 'compare' || matchesFamily(step, family))

const matchesFamily = (step: MatchStep & { readonly kind: 'compare' }, family: Family): boolean => {
  const { expression, values, negated } = step
  if (expression.kind !== 'field') return true
  if (expression.family !== null && expression.family !== family) return false
  if (expression.field !== 'nfproto' || values.kind !== 'ranges') return true
  const asked = nfproto[family]
  return values.ranges.some(({ first, last }) => first <= asked && asked <= last) !== negated
}
