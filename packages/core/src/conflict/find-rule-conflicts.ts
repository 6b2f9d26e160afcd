import {
  commandWording,
  type Family,
  families,
  type HostFacts,
  type NetfilterRuleset,
} from '@portolan/netfilter'
import { prepareFollower } from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredNetwork, DesiredState } from '../contract/index.ts'
import type { Conflict } from './conflict.ts'
import { findBypasses } from './find-bypasses.ts'
import { findDnatShadows } from './find-dnat-shadows.ts'
import { findingInWords } from './finding-in-words.ts'
import {
  type IncompleteSearch,
  incompleteArp,
  incompleteRows,
  incompleteSurroundings,
} from './incomplete-search.ts'
import { mergeByCause } from './merge-by-cause.ts'
import { neighbourDiscoveryDropped, withoutReportedNetworks } from './neighbour-discovery-dropped.ts'
import type { Drafted } from './remedy/draft.ts'
import { holdRemedies } from './remedy/hold-remedies.ts'
import { type Insertion, withInsertions } from './remedy/insertion.ts'
import { remedyHost } from './remedy/remedy-host.ts'
import { tellStale } from './remedy/stale-commands.ts'
import type { RuleConflictOptions } from './rule-conflict-options.ts'
import { alikeNetworks } from './search/alike/alike-networks.ts'
import { type ExploredGroup, exploreMappings } from './search/explore-mappings.ts'
import { type ExploredNetworks, exploreNetworks, isLost, servedNetworks } from './search/explore-networks.ts'
import { isGuardOfAnother } from './search/guards-of-others.ts'
import { mappingsOfOthers } from './search/mappings-of-others.ts'
import { findLostNeighbours } from './search/neighbour-discovery.ts'
import { plannedFacts } from './search/planned-facts.ts'
import { portsOfOthers } from './search/ports-of-others.ts'
import { addReported, lowerReported, noneReported, rememberReported } from './search/reported-culprits.ts'
import { seekerOf } from './search/seeker.ts'
import { findDeadAddresses } from './search/severity.ts'
import { type Surroundings, surroundingsOf } from './search/surroundings.ts'
import { tellGroup } from './search/tell-group.ts'
import { withoutNetworks } from './search/without-networks.ts'
import { hasTranslations, withoutOurs } from './search/without-ours.ts'
import { withoutUndeliverable } from './search/without-undeliverable.ts'

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
  const reported = noneReported()
  const ofMapping = new Map<DesiredMapping, readonly Conflict[]>()
  const missed = new Map<DesiredMapping, readonly IncompleteSearch[]>()
  const tell = (group: ExploredGroup): void => {
    const { rows, members } = group
    const [{ family }] = members
    const shadows = today === null ? undefined : findDnatShadows(today, group, desired.project)
    const own = { reported: noneReported(), drafts: new Map<Conflict, Drafted>() }
    const conflicts =
      shadows === null
        ? null
        : tellGroup(follower, {
            rows,
            count: members.length,
            findDead: (explored) => findDeadAddresses(explored, around[family]),
            tell: (finding) => {
              if (isGuardOfAnother(desired, finding)) return null
              rememberReported(own.reported, finding)
              return inWords(finding, own.drafts)
            },
          })
    if (conflicts === null) {
      for (const one of group.apart()) tell(one)
      return
    }
    addReported(reported, own.reported)
    for (const [conflict, drafted] of own.drafts) drafts.set(conflict, drafted)
    const looked = [...rows, ...(shadows?.unseen ?? [])]
    for (const [at, mapping] of members.entries()) {
      const left = incompleteRows(looked, at)
      const all = [
        ...(conflicts[at] ?? []),
        ...(shadows?.conflicts[at] ?? []).map(
          (conflict): Conflict => (isHidden(family) ? { ...conflict, certainty: 'possible' } : conflict),
        ),
      ]
      // Most mappings have neither, and there may be a hundred thousand.
      if (left.length > 0) missed.set(mapping, left)
      if (all.length > 0) ofMapping.set(mapping, all)
    }
  }
  for (const group of groups) tell(group)
  const served = servedNetworks(groups)
  const ofNetwork = new Map<DesiredNetwork, readonly Conflict[]>()
  const missedOf = new Map<DesiredNetwork, readonly IncompleteSearch[]>()
  const tellNetworks = (together: ExploredNetworks): void => {
    const { networks, family, rows } = together
    const isServed = (at: number): boolean => served[family].has(networks[at] ?? networks[0])
    const own = new Map<Conflict, Drafted>()
    const conflicts = tellGroup(follower, {
      rows,
      count: networks.length,
      findDead: (explored, at) => {
        const isDead = !isServed(at) && isLost(explored)
        return () => isDead
      },
      kindOf: isServed,
      tell: (finding) =>
        isGuardOfAnother(desired, finding) ? null : inWords(lowerReported(finding, reported), own),
    })
    if (conflicts === null) {
      for (const one of together.apart()) tellNetworks(one)
      return
    }
    for (const [conflict, drafted] of own) drafts.set(conflict, drafted)
    for (const [at, network] of networks.entries()) {
      ofNetwork.set(network, [...(ofNetwork.get(network) ?? []), ...(conflicts[at] ?? [])])
      missedOf.set(network, [...(missedOf.get(network) ?? []), ...incompleteRows(rows, at)])
    }
  }
  for (const together of exploreNetworks(desired, around, alike, seek)) tellNetworks(together)
  const bypasses = findBypasses(follower, desired, rulesets, { asked, around, alike, taken, others })
  const publishes = desired.mappings.some(({ family }) => family === 'ip6')
  const { isPanicking } = remedyHost(around.ip6, planned, rulesets)
  const unheard = findLostNeighbours(follower, desired, around.ip6)
  const lost = withoutReportedNetworks(unheard, (network) => ofNetwork.get(network) ?? none).map((one) =>
    neighbourDiscoveryDropped(
      isHidden('ip6') ? { ...one, certainty: 'possible' } : one,
      publishes,
      isPanicking,
    ),
  )
  const found = [
    ...desired.mappings.flatMap((mapping) => {
      const own = ofMapping.get(mapping) ?? none
      const bypassing = bypasses.ofMapping.get(mapping)
      return bypassing === undefined ? own : [...own, ...bypassing.map((one) => inWords(one, drafts))]
    }),
    ...desired.networks.flatMap((network) => [
      ...(ofNetwork.get(network) ?? []),
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
      ...desired.mappings.flatMap((mapping) => missed.get(mapping) ?? none),
      ...desired.networks.flatMap((network) => missedOf.get(network) ?? []),
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
