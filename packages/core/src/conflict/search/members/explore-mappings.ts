import type { DesiredMapping, DesiredState } from '../../../contract/index.ts'
import type { ExploredRow } from '../follow/explore.ts'
import {
  groupMappings,
  type MappingGroup,
  type MappingsAround,
  openRows,
  type RowsOfMapping,
  splitGroup,
} from '../group/mapping-group.ts'
import type { Seek } from './seeker.ts'

/** The result for mappings that differ only in their host port and target. */
export interface ExploredGroup {
  readonly members: readonly [DesiredMapping, ...DesiredMapping[]]
  /** The same members, each explored on its own. */
  readonly apart: () => readonly ExploredGroup[]
  readonly rows: readonly ExploredRow[]
}

/** The members of a larger group are not explored one by one when the group has too many kinds of packets. */
const MOST_APART = 1_024

/**
 * Explores the rows of the mappings that are asked about. Mappings that most rules cannot tell apart are explored
 * together.
 */
export const exploreMappings = (
  desired: DesiredState,
  asked: readonly DesiredMapping[],
  beside: MappingsAround,
  seek: Seek,
  rowsOf: RowsOfMapping = openRows,
): readonly ExploredGroup[] =>
  groupMappings(desired, asked, beside, rowsOf).flatMap((group) => {
    const together = exploreGroup(seek, group)
    // A row that is too large for the group may be small enough for each member.
    const isTooMuch = together.rows.some(({ isWhole }) => !isWhole)
    const count = group.members.length
    return isTooMuch && count > 1 && count <= MOST_APART ? together.apart() : [together]
  })

const exploreGroup = (seek: Seek, group: MappingGroup): ExploredGroup => ({
  members: group.members,
  rows: group.rows.map(seek),
  apart: () => splitGroup(group).map((one) => exploreGroup(seek, one)),
})
