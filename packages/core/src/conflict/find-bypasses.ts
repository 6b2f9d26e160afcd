import type { NetfilterRuleset } from '@portolan/netfilter'
import { type Family, families } from '@portolan/netfilter'
import type { Follower, RangeSet } from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredNetwork, DesiredState } from '../contract/index.ts'
import { type IncompleteSearch, incompleteRows } from './incomplete-search.ts'
import { culpritKey } from './search/blame/blame.ts'
import type { Finding } from './search/finding/finding.ts'
import { type GroupToTell, tellGroup } from './search/finding/tell-group.ts'
import { type ExploredRow, explore } from './search/follow/explore.ts'
import { mayLetIn } from './search/follow/may-let-in.ts'
import { type GroupRow, type RowsOfMapping, rowAlone } from './search/group/mapping-group.ts'
import { exploreHostRows } from './search/members/closed-host-rows.ts'
import { type ExploredGroup, exploreMappings } from './search/members/explore-mappings.ts'
import { type Seek, withinBudget } from './search/members/seeker.ts'
import { translationsIn } from './search/members/translations-in.ts'
import { closedMappingRows } from './search/rows/closed-mapping-rows.ts'
import { closedNetworkRows } from './search/rows/closed-network-rows.ts'
import type { Alike } from './search/rows/mapping-rows.ts'
import type { Surroundings } from './search/rows/surroundings.ts'
import { unservedRows } from './search/rows/unserved-rows.ts'

/** The packets that come in although the contract closes their row. */
export interface Bypasses {
  readonly ofMapping: ReadonlyMap<DesiredMapping, readonly Finding[]>
  readonly ofNetwork: ReadonlyMap<DesiredNetwork, readonly Finding[]>
  readonly incomplete: readonly IncompleteSearch[]
}

/** The facts about a host that a search for conflicts shares. */
export interface Searched {
  /** The mappings to search. */
  readonly asked: readonly DesiredMapping[]
  readonly around: Readonly<Record<Family, Surroundings>>
  readonly alike: Alike
  /** Host ports that other projects use too. */
  readonly taken: RangeSet
  /** The mappings of other projects. */
  readonly others: readonly DesiredMapping[]
}

const nothing: Bypasses = { ofMapping: new Map(), ofNetwork: new Map(), incomplete: [] }

const closedRows: RowsOfMapping = { of: closedMappingRows, ownOf: unservedRows }

/** A closed row has no dead addresses, and findings are put into words later. */
const asFindings: Pick<GroupToTell<Finding>, 'findDead' | 'tell'> = {
  findDead: () => () => false,
  tell: (finding) => finding,
}

/**
 * Searches the closed rows of the contract for packets that still come in. Open rows are searched in the same way for
 * packets that do not.
 */
export const findBypasses = (
  follower: Follower,
  desired: DesiredState,
  rulesets: readonly NetfilterRuleset[],
  { asked, around, alike, taken, others }: Searched,
): Bypasses => {
  const subnets = families.flatMap((family) => [...around[family].subnets.values()].map(({ whole }) => whole))
  if (!mayLetIn(rulesets, subnets)) return nothing
  const seek = withinBudget(closedSeeker(follower))
  const incomplete: IncompleteSearch[] = []
  const ofMapping = new Map<DesiredMapping, readonly Finding[]>()
  const look = (group: ExploredGroup): void => {
    const { rows, members } = group
    const findings = isKept(rows) ? [] : tellGroup(follower, { ...asFindings, rows, count: members.length })
    if (findings === null) for (const one of group.apart()) look(one)
    else
      for (const [at, mapping] of members.entries()) {
        ofMapping.set(mapping, findings[at] ?? [])
        incomplete.push(...incompleteRows(rows, at))
      }
  }
  const groups = exploreMappings(
    desired,
    asked,
    { around, taken, alike: eachAlone(alike), others },
    seek,
    closedRows,
  )
  for (const group of groups) look(group)
  const ofNetwork = new Map<DesiredNetwork, readonly Finding[]>()
  const ofHost = exploreHostRows(desired, around, alike, seek, translationsIn(rulesets, subnets))
  incomplete.push(...incompleteRows(ofHost.all, 0))
  const reported = new Set([...ofMapping.values()].flatMap((own) => own.map(({ step }) => culpritKey(step))))
  for (const { networks } of new Set(alike.values()))
    for (const family of families) {
      const rowsOf = (network: DesiredNetwork): readonly GroupRow[] =>
        closedNetworkRows(desired, network, family, around[family], alike).map(rowAlone)
      const first = rowsOf(networks[0]).map(seek)
      // Nothing tells these networks apart: if the seen rows of one are closed, they are closed for all.
      const isAllKept = isKept(first)
      for (const network of networks) {
        const rows = isAllKept
          ? rowsOf(network).flatMap((row, at) => ofAnother(first[at], row))
          : rowsOf(network).map(seek)
        incomplete.push(...incompleteRows(rows, 0))
        const through = ofHost.ofNetwork(network).filter(({ row }) => row.first.family === family)
        if (isAllKept && through.length === 0) continue
        // A rule that opens both ways is reported once.
        const [findings = []] =
          tellGroup(follower, { ...asFindings, rows: [...rows, ...through], count: 1 }) ?? []
        const unreported = findings.filter(
          (one) => !(isOfBoundPort(one) && reported.has(culpritKey(one.step))),
        )
        ofNetwork.set(network, [...(ofNetwork.get(network) ?? []), ...unreported])
      }
    }
  return { ofMapping, ofNetwork, incomplete }
}

/**
 * Seeks in closed rows. Packets that managed rules stop stay stopped, whatever foreign rules do. Foreign rules are
 * explored only if a packet gets through without them.
 */
const closedSeeker =
  (follower: Follower): Seek =>
  (row) => {
    const stopped = explore(follower, row, true)
    return stopped.isWhole && isKept([stopped]) ? stopped : explore(follower, row)
  }

/**
 * Whether a finding is about a published port and other bridges only. A rule that opens a bound port to machines mostly
 * opens it to other bridges too, and is reported for the mapping.
 */
const isOfBoundPort = ({ rows }: Finding): boolean =>
  rows.every(({ source, way }) => source === 'stranger' && way === 'published')

/** The result for a row, applied to the same row of another network. */
const ofAnother = (explored: ExploredRow | undefined, row: GroupRow): readonly ExploredRow[] =>
  explored === undefined ? [] : [{ ...explored, row }]

const isKept = (rows: readonly ExploredRow[]): boolean =>
  rows.every(({ cells }) => cells.every(({ judgement }) => judgement.kind === 'kept'))

/** Keeps the mappings of alike networks apart: a packet with a source of another network belongs to neither group. */
const eachAlone = (alike: Alike): Alike =>
  new Map([...alike].map(([network, { subnets }]) => [network, { networks: [network], subnets }]))
