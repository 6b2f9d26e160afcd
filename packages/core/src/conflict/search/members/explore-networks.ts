import { type Family, families } from '@portolan/netfilter'
import type { DesiredNetwork, DesiredState } from '../../../contract/index.ts'
import type { ExploredRow } from '../follow/explore.ts'
import type { Judgement } from '../follow/judge.ts'
import { type GroupRow, groupRows, rowAlone } from '../group/mapping-group.ts'
import { numbersIn } from '../region/area.ts'
import type { Alike } from '../rows/mapping-rows.ts'
import { networkRows } from '../rows/network-rows.ts'
import type { Row } from '../rows/row.ts'
import type { Surroundings } from '../rows/surroundings.ts'
import type { ExploredGroup } from './explore-mappings.ts'
import type { Explored } from './member-cells.ts'
import type { Seek } from './seeker.ts'
import { isUsual } from './severity.ts'

/** The result for the rows of one network, or of alike networks together. */
export interface ExploredNetworks {
  readonly networks: readonly [DesiredNetwork, ...DesiredNetwork[]]
  readonly family: Family
  readonly rows: readonly ExploredRow[]
  /** The same networks, each explored on its own. */
  readonly apart: () => readonly ExploredNetworks[]
}

/** Explores the rows of all networks. Networks that nothing tells apart are explored together. */
export const exploreNetworks = (
  desired: DesiredState,
  around: Readonly<Record<Family, Surroundings>>,
  alike: Alike,
  seek: Seek,
): readonly ExploredNetworks[] =>
  [...new Set(alike.values())].flatMap(({ networks }) =>
    families.flatMap((family) => {
      const together = exploreTogether(desired, networks, family, around[family], alike, seek)
      const isEnough = together.rows.every(({ isWhole, isOfEach }) => isWhole || isOfEach === true)
      return isEnough || networks.length < 2 ? [together] : together.apart()
    }),
  )

const exploreTogether = (
  desired: DesiredState,
  networks: ExploredNetworks['networks'],
  family: Family,
  around: Surroundings,
  alike: Alike,
  seek: Seek,
): ExploredNetworks => {
  const rowsOf = networks.map((network) => networkRows(desired, network, family, around))
  const rows = (rowsOf[0] ?? []).map((_, at) =>
    rowOf(
      rowsOf.flatMap((own) => own[at] ?? []),
      alike,
    ),
  )
  return {
    networks,
    family,
    rows: rows.flatMap((row) => (row === null ? [] : [seek(row)])),
    apart: () => networks.map((network) => exploreTogether(desired, [network], family, around, alike, seek)),
  }
}

const rowOf = ([first, ...others]: readonly Row[], alike: Alike): GroupRow | null =>
  first === undefined ? null : others.length === 0 ? rowAlone(first) : groupRows([first, ...others], alike)

const isLostJudgement = (judgement: Judgement): boolean =>
  judgement.kind === 'failed' && judgement.certainty === 'certain'

/** Whether, for usual clients, all packets of the network's own rows certainly fail. */
export const isLost = (explored: readonly Explored[]): boolean =>
  explored.length > 0 &&
  explored.every(
    ({ cells, isWhole }) =>
      isWhole && cells.every((cell) => !isUsual(cell) || isLostJudgement(cell.judgement)),
  )

/** The networks with a published port that works, or may work, for some usual clients. */
export const servedNetworks = (
  groups: readonly ExploredGroup[],
): Readonly<Record<Family, ReadonlySet<DesiredNetwork>>> => {
  const served = { ip: new Set<DesiredNetwork>(), ip6: new Set<DesiredNetwork>() }
  for (const { rows } of groups)
    for (const { row, cells, isWhole } of rows) {
      const { first, count, networkOf } = row
      const { family } = first
      if (!isWhole) for (let at = 0; at < count; at += 1) served[family].add(networkOf(at))
      for (const { area, judgement } of cells) {
        if (!isUsual(area) || isLostJudgement(judgement)) continue
        if (row.alike === null) served[family].add(first.network)
        else for (const member of numbersIn(area.members)) served[family].add(networkOf(member))
      }
    }
  return served
}
