import type { NetfilterRuleset, Step, ValueRange } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'
import { isEmptySet, type RangeSet, readAsked } from '@portolan/netfilter/analysis'
import { mayLeadTo } from '../follow/may-let-in.ts'
import { type FieldMatch, matchesOf } from '../follow/suspects.ts'
import { meet, type Region, withSet } from '../region/region.ts'
import type { Row } from '../rows/row.ts'

/** The matches of a foreign rule that changes destinations, perhaps to a container of the project. */
export interface Translation {
  /** The protocols that the rule matches, and below the incoming interfaces; null: any. */
  readonly protocols: readonly ValueRange[] | null
  readonly interfaces: readonly string[] | null
  readonly matches: readonly FieldMatch[]
}

/** With more translations than this, a row is explored as a whole. */
const MOST_APART = 1024

/**
 * The foreign rules that may send packets for the host, or for others, to containers of the project. Without such a
 * rule, no such packet gets there.
 *
 * @param subnets - the subnets of the project's networks, of all families
 */
export const translationsIn = (
  rulesets: readonly NetfilterRuleset[],
  subnets: readonly RangeSet[],
): readonly Translation[] =>
  rulesets.flatMap(({ tables }) =>
    tables
      .filter(({ dormant }) => !dormant)
      .flatMap((table) =>
        table.chains.flatMap((chain) =>
          chain.rules
            .filter(
              (rule) =>
                rule.steps.some((step) => translates(step, subnets)) &&
                ownerOf(table, chain, rule) !== 'portolan',
            )
            .map(
              (rule): Translation => ({
                protocols: readAsked(rule, 'l4proto')?.ranges ?? null,
                interfaces: readAsked(rule, 'iifname')?.names ?? null,
                matches: matchesOf(rule),
              }),
            ),
        ),
      ),
  )

const translates = (step: Step, subnets: readonly RangeSet[]): boolean =>
  step.kind === 'nat'
    ? step.type === 'dnat' && mayLeadTo(step, subnets)
    : step.kind === 'set' && (step.target === 'daddr' || step.target === 'dport')

/**
 * The packets of a row that some translation matches. Other packets keep their destination.
 */
export const translatedParts = (row: Row, translations: readonly Translation[]): readonly Row[] => {
  const own = translations.filter(
    ({ protocols, interfaces }) =>
      (protocols === null ||
        protocols.some(({ first, last }) => first <= row.protocol && row.protocol <= last)) &&
      (interfaces === null || row.in === null || interfaces.includes(row.in)),
  )
  if (own.length > MOST_APART) return [row]
  const parts = new Map<string, Row>()
  for (const { matches } of own) {
    const region = partMatched(row.region, matches)
    if (region === null) continue
    if (region === row.region) return [row]
    parts.set(keyOf(region), { ...row, region })
  }
  return [...parts.values()]
}

/** The part of a region that a rule matches; null: none. */
const partMatched = (region: Region, matches: readonly FieldMatch[]): Region | null => {
  let part = region
  for (const { field, set, inside } of matches) {
    // The rule is for the other family.
    if (typeof set.starts[0] !== typeof part[field].starts[0]) return null
    const met = meet(part[field], set, inside)
    if (isEmptySet(met)) return null
    if (met !== part[field]) part = withSet(part, field, met)
  }
  return part
}

const keyOf = (region: Region): string =>
  Object.values(region)
    .map(({ starts, ends }) => `${starts.join()}-${ends.join()}`)
    .join(' ')
