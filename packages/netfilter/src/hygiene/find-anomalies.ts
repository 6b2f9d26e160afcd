import { checkRulesets } from '../model/check-rulesets.ts'
import type { NetfilterChain, NetfilterRuleset, NetfilterTable } from '../model/index.ts'
import {
  checkArgument,
  checkOptions,
  listValue,
  type OptionKinds,
  objectValue,
} from '../schema/check-options.ts'
import type { Anomaly, RulePlace } from './anomaly.ts'
import { correlation } from './correlation.ts'
import { isEnginesOwn } from './engines-own.ts'
import { generalisation } from './generalisation.ts'
import type { PacketBox } from './packet-box.ts'
import { redundancy } from './redundancy.ts'
import { placeOf } from './rule-place.ts'
import { readChanges } from './search/chain-changes.ts'
import { type Covered, findCovered } from './search/find-covered.ts'
import { findPairs, type Paired } from './search/find-pairs.ts'
import { findRepeated, type Repeated } from './search/find-repeated.ts'
import { reachingHooks } from './search/reaching-hooks.ts'
import { type ChainReading, readChain } from './search/read-chain.ts'
import type { RuleReading } from './search/read-rule.ts'
import { shadowing } from './shadowing.ts'

const optionKinds: OptionKinds<{ readonly packets: readonly PacketBox[] }> = {
  packets: listValue('a list such as packetsOfDesired() gives', objectValue('packets').holds),
}

/**
 * Finds the anomalies among the rules of each chain that match certain packets: rules that never act, that are not
 * needed, that have exceptions, or that depend on their order. Managed rules, and rules that match none of the packets,
 * are skipped; so are dormant tables, and tables of bridges, ARP and devices. Rules of an engine that are redundant, or
 * have exceptions, only because of the engine's own rules are not reported.
 *
 * Exact over all that a rule can match: addresses, ports, protocols, interfaces, marks, connection tracking, sets. A
 * rule is reported as without effect only where no packet at all would fare differently without it.
 *
 * @param options - `packets`: the packets that matter; `packetsOfDesired` gives those of a project
 * @returns in the order of tables, chains and rules
 * @throws ParseError when an address of the packets cannot be read; InvalidRequestError for an argument of another kind
 * @example
 * findAnomalies([lower(parse(text))], { packets: packetsOfDesired(desired) }).map(({ message }) => message)
 * @public @since 0.1.0
 */
export const findAnomalies = (
  rulesets: readonly NetfilterRuleset[],
  options: { readonly packets: readonly PacketBox[] },
): readonly Anomaly[] => {
  checkArgument(rulesets, listValue('a list of rulesets such as lower() gives'), 'the argument rulesets')
  checkRulesets(rulesets)
  checkOptions(options, optionKinds, 'the options of findAnomalies')
  const { packets } = options
  checkArgument(packets, optionKinds.packets, 'packets in the options of findAnomalies')
  return rulesets.flatMap(({ tables }) => tables.flatMap((table) => anomaliesOfTable(table, packets)))
}

const anomaliesOfTable = (table: NetfilterTable, packets: readonly PacketBox[]): readonly Anomaly[] => {
  if (table.dormant || !['ip', 'ip6', 'inet'].includes(table.family)) return []
  const hooks = reachingHooks(table)
  const changes = readChanges(table)
  return table.chains.flatMap((chain) => {
    const reached = hooks.get(chain.name)
    if (reached === undefined || chain.rules.length < 2) return []
    const reading = readChain(table, chain, changes, packets, reached)
    return reading === null ? [] : anomaliesOfChain(table, chain, reading)
  })
}

const anomaliesOfChain = (
  table: NetfilterTable,
  chain: NetfilterChain,
  reading: ChainReading,
): readonly Anomaly[] => {
  const place = ({ rule }: RuleReading): RulePlace => placeOf(table, chain, rule)
  const covered = findCovered(reading)
  const isCovered = (at: number): boolean => covered.has(at)
  // A rule that possibly never acts still counts: it can be an exception, or have exceptions.
  const isSurelyCovered = (at: number): boolean => covered.get(at)?.certainty === 'certain'
  return [
    ...[...covered.values()].map((one) => nameCovered(one, place)),
    ...findRepeated(reading, isCovered).map((one) => nameRepeated(one, place)),
    ...findPairs(reading, isSurelyCovered).map((one) => namePaired(one, place)),
  ]
    .filter((anomaly) => !isEnginesOwn(anomaly))
    .sort((a, b) => a.rule.position - b.rule.position)
}

type Place = (rule: RuleReading) => RulePlace

const nameCovered = ({ rule, by, alike, certainty }: Covered, place: Place): Anomaly =>
  alike
    ? redundancy(place(rule), by.map(place), certainty, 'before')
    : shadowing(place(rule), by.map(place), certainty, {
        rule: rule.action.words,
        others: by.map(({ action }) => action.words),
      })

const nameRepeated = ({ rule, by }: Repeated, place: Place): Anomaly =>
  redundancy(place(rule), [place(by)], 'certain', 'behind')

const namePaired = ({ kind, rule, others, hasMore, certainty }: Paired, place: Place): Anomaly =>
  kind === 'narrower'
    ? generalisation(place(rule), others.map(place), hasMore)
    : correlation(place(rule), others.map(place), hasMore, certainty)
