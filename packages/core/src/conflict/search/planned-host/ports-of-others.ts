import type { NetfilterRuleset } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'
import { managedPartOf, type RangeSet, rangeSet, readAsked } from '@portolan/netfilter/analysis'

/**
 * The ports that managed rules match for other projects. On some address, those rules may come before this project's.
 */
export const portsOfOthers = (rulesets: readonly NetfilterRuleset[], project: string): RangeSet =>
  rangeSet(
    rulesets.flatMap(({ tables }) =>
      tables.flatMap((table) =>
        table.chains
          .filter((chain) => ownerOf(table, chain, null) === 'portolan')
          .flatMap(({ rules }) =>
            rules.flatMap((rule) => {
              const of = managedPartOf(rule)?.project ?? null
              return of === null || of === project ? [] : (readAsked(rule, 'dport')?.ranges ?? [])
            }),
          ),
      ),
    ),
  )
