import {
  commandWording,
  type Family,
  families,
  type HostFacts,
  type NetfilterRuleset,
} from '@portolan/netfilter'
import { prepareFollower } from '@portolan/netfilter/analysis'
import type { DesiredState } from '../contract/index.ts'
import type { Conflict } from './conflict.ts'
import { findBypasses } from './find-bypasses.ts'
import { findMappingConflicts } from './find-mapping-conflicts.ts'
import { findNetworkConflicts } from './find-network-conflicts.ts'
import { type IncompleteSearch, incompleteArp, incompleteSurroundings } from './incomplete-search.ts'
import { mergeByCause } from './merge-by-cause.ts'
import type { Drafted } from './remedy/draft.ts'
import { holdRemedies } from './remedy/hold-remedies.ts'
import { type Insertion, withInsertions } from './remedy/insertion.ts'
import { remedyHost } from './remedy/remedy-host.ts'
import { tellStale } from './remedy/stale-commands.ts'
import type { RuleConflictOptions } from './rule-conflict-options.ts'
import { findingInWords } from './rule-kind/finding-in-words.ts'
import {
  neighbourDiscoveryDropped,
  withoutReportedNetworks,
} from './rule-kind/neighbour-discovery-dropped.ts'
import type { RuleSearch } from './rule-search.ts'
import { findLostNeighbours } from './search/blame/neighbour-discovery.ts'
import { exploreMappings } from './search/members/explore-mappings.ts'
import { exploreNetworks, servedNetworks } from './search/members/explore-networks.ts'
import { seekerOf } from './search/members/seeker.ts'
import { mappingsOfOthers } from './search/planned-host/mappings-of-others.ts'
import { plannedFacts } from './search/planned-host/planned-facts.ts'
import { portsOfOthers } from './search/planned-host/ports-of-others.ts'
import { withoutNetworks } from './search/planned-host/without-networks.ts'
import { hasTranslations, withoutOurs } from './search/planned-host/without-ours.ts'
import { withoutUndeliverable } from './search/planned-host/without-undeliverable.ts'
import { alikeNetworks } from './search/rows/alike/alike-networks.ts'
import { type Surroundings, surroundingsOf } from './search/rows/surroundings.ts'

/**
 * Finds what the rules on a host do to a project. For each mapping and network and each of their rows of the
 * reachability contract: the packets that do not get the promised result, with a witness, the culprit and the remedy.
 * docs/what-the-search-covers.md lists which packets are looked at, and `searchRules` tells what was left out of these.
 * Pure, so it also works for a dump of another machine.
 *
 * @param facts - the host as it is; the project's bridges need not exist yet
 * @param rulesets - all rules of the host, including the project's own, as `lower` gives them
 * @param findAlike - groups the networks that are explored together
 * @example
 * findRuleConflicts(desired, facts, [iptables.lower(foreign), nftables.lower(nftables.compile(desired))])
 * @public @since 0.1.0
 */
export const findRuleConflicts = (
  wanted: DesiredState,
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  options: RuleConflictOptions = {},
  findAlike: typeof alikeNetworks = alikeNetworks,
): readonly Conflict[] => searchRules(wanted, facts, rulesets, options, findAlike).conflicts

/** @public @since 0.1.0 */
export interface ConflictSearch {
  readonly conflicts: readonly Conflict[]
  /** What was not looked at. Empty: the search covers everything it is meant for. */
  readonly incomplete: readonly IncompleteSearch[]
}

/**
 * Finds the same conflicts as `findRuleConflicts`, and tells what the search did not look at.
 * @example
 * const { conflicts, incomplete } = searchRules(desired, facts, rulesets)
 * @public @since 0.1.0
 */
export const searchRules = (
  wanted: DesiredState,
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  options: RuleConflictOptions = {},
  findAlike: typeof alikeNetworks = alikeNetworks,
): ConflictSearch => {
  const { conflicts, incomplete } = searchRemedies(wanted, facts, rulesets, options, findAlike)
  return { conflicts, incomplete }
}

/** @public @since 0.1.0 */
export interface RemedySearch extends ConflictSearch {
  /**
   * The rulesets after the remedies of these conflicts are carried out. The conflicts are those of this search, or
   * copies.
   */
  readonly remedied: (conflicts: readonly Conflict[]) => readonly NetfilterRuleset[]
}

/**
 * Finds the same as `searchRules`, with the effect of the remedies. A culprit behind a remedied rule shows in the next
 * search.
 * @example
 * const { conflicts, remedied } = searchRemedies(desired, facts, rulesets)
 * searchRemedies(desired, facts, remedied(conflicts)).conflicts // what is left
 * @public @since 0.1.0
 */
export const searchRemedies = (
  wanted: DesiredState,
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  options: RuleConflictOptions = {},
  findAlike: typeof alikeNetworks = alikeNetworks,
): RemedySearch => searchWith(holdRemedies, wanted, facts, rulesets, options, findAlike)

/**
 * Finds the same conflicts as `findRuleConflicts`, with unchecked remedies. Checking remedies is most of the time of a
 * search for one mapping among many rules, so a caller that does not use them skips it.
 * @internal
 */
export const findUncheckedConflicts = (
  wanted: DesiredState,
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  options: RuleConflictOptions = {},
  findAlike: typeof alikeNetworks = alikeNetworks,
): readonly Conflict[] => searchWith((found) => found, wanted, facts, rulesets, options, findAlike).conflicts

const searchWith = (
  hold: typeof holdRemedies,
  wanted: DesiredState,
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  {
    setsSysctls = true,
    hidden = [],
    unsettled = [],
    published = [],
    about,
    wording = commandWording,
  }: RuleConflictOptions,
  findAlike: typeof alikeNetworks,
): RemedySearch => {
  const desired = withoutNetworks(withoutUndeliverable(wanted, facts), unsettled)
  const planned = plannedFacts(desired, facts, setsSysctls)
  const follower = prepareFollower(planned, rulesets)
  const links = new Set(follower.host.links.keys())
  const today = hasTranslations(rulesets) ? prepareFollower(facts, withoutOurs(rulesets)) : null
  const surroundings = (family: Family): Surroundings => {
    // No packet of another network has a source in a subnet that is not judged.
    const all = surroundingsOf(follower.host, facts, wanted, family)
    return { ...all, subnets: new Map([...all.subnets].filter(([one]) => desired.networks.includes(one))) }
  }
  const around = { ip: surroundings('ip'), ip6: surroundings('ip6') }
  const isHidden = (family: Family | undefined): boolean => family !== undefined && hidden.includes(family)
  const drafts = new Map<Conflict, Drafted>()
  const inWords = findingInWords({ desired, facts: planned, rulesets, around, isHidden }, wording)
  const alike = findAlike(desired, planned, follower.host, rulesets, {
    ip: around.ip.subnets,
    ip6: around.ip6.subnets,
  })
  const seek = seekerOf(follower, rulesets)
  const taken = portsOfOthers(rulesets, desired.project)
  const others = mappingsOfOthers(published)
  const asked = about === undefined ? desired.mappings : desired.mappings.filter(about)
  const groups = exploreMappings(desired, asked, { around, taken, alike, others }, seek)
  const search: RuleSearch = { desired, follower, today, around, isHidden, inWords, drafts }
  const ofMappings = findMappingConflicts(groups, search)
  const explored = exploreNetworks(desired, around, alike, seek)
  const { reported } = ofMappings
  const ofNetworks = findNetworkConflicts(explored, { served: servedNetworks(groups), reported }, search)
  const bypasses = findBypasses(follower, desired, rulesets, { asked, around, alike, taken, others })
  const publishes = desired.mappings.some(({ family }) => family === 'ip6')
  const { isPanicking } = remedyHost(around.ip6, planned, rulesets)
  const unheard = findLostNeighbours(follower, desired, around.ip6)
  const lost = withoutReportedNetworks(unheard, (network) => ofNetworks.conflicts.get(network) ?? none).map(
    (one) =>
      neighbourDiscoveryDropped(
        isHidden('ip6') ? { ...one, certainty: 'possible' } : one,
        publishes,
        isPanicking,
      ),
  )
  const found = [
    ...desired.mappings.flatMap((mapping) => {
      const own = ofMappings.conflicts.get(mapping) ?? none
      const bypassing = bypasses.ofMapping.get(mapping)
      return bypassing === undefined ? own : [...own, ...bypassing.map((one) => inWords(one, drafts))]
    }),
    ...desired.networks.flatMap((network) => [
      ...(ofNetworks.conflicts.get(network) ?? []),
      ...(bypasses.ofNetwork.get(network) ?? []).map((one) => inWords(one, drafts)),
    ]),
  ]
  const scene = { desired, facts: planned, follower, links, rulesets, around, taken, others }
  const held = hold(found, drafts, scene)
  return {
    conflicts: [...lost, ...mergeByCause(tellStale(held, wording))],
    remedied: (conflicts) => withInsertions(rulesets, insertionsOf(conflicts, found, held, drafts)),
    incomplete: [
      ...families.flatMap((family) => incompleteSurroundings(around[family], family)),
      ...incompleteArp(desired, rulesets),
      ...desired.mappings.flatMap((mapping) => ofMappings.incomplete.get(mapping) ?? none),
      ...desired.networks.flatMap((network) => ofNetworks.incomplete.get(network) ?? []),
      ...bypasses.incomplete,
    ],
  }
}

/** A conflict is copied on its way to the user. Its witness identifies the copy. */
const insertionsOf = (
  conflicts: readonly Conflict[],
  found: readonly Conflict[],
  held: readonly Conflict[],
  drafts: ReadonlyMap<Conflict, Drafted>,
): readonly Insertion[] => {
  const witnesses = new Set(conflicts.map(({ witness }) => witness))
  return found.flatMap((conflict, at) => {
    const draft = drafts.get(conflict)?.draft
    const isHeld = draft !== undefined && draft.remedy === held[at]?.remedy
    return isHeld && conflict.witness !== null && witnesses.has(conflict.witness) ? draft.insertions : []
  })
}

/** Most mappings have no conflict. An empty list for each of a hundred thousand mappings would cost memory. */
const none: readonly never[] = []
