import type { DesiredMapping, DesiredState } from '../../contract/index.ts'
import type { ExploredRow } from './explore.ts'
import {
  groupMappings,
  type MappingGroup,
  type MappingsAround,
  openRows,
  type RowsOfMapping,
  splitGroup,
} from './mapping-group.ts'
import type { Seek } from './seeker.ts'

/** What was found of mappings that differ only in their host port and in where they lead. */
export interface ExploredGroup {
  readonly members: readonly [DesiredMapping, ...DesiredMapping[]]
  /** The same, each mapping for itself. */
  readonly apart: () => readonly ExploredGroup[]
  readonly rows: readonly ExploredRow[]
}

/** Of a group of more mappings, each is not explored for itself where they are too much together. */
const MOST_APART = 1_024

/** Explores the rows of the mappings that are asked about, those together that most rules cannot tell apart. */
export const exploreMappings = (
  desired: DesiredState,
  asked: readonly DesiredMapping[],
  beside: MappingsAround,
  seek: Seek,
  rowsOf: RowsOfMapping = openRows,
): readonly ExploredGroup[] =>
  groupMappings(desired, asked, beside, rowsOf).flatMap((group) => {
    const together = exploreGroup(seek, group)
    // What is too much for all may be little enough for each.
    const isTooMuch = together.rows.some(({ isWhole }) => !isWhole)
    const count = group.members.length
    return isTooMuch && count > 1 && count <= MOST_APART ? together.apart() : [together]
  })

const exploreGroup = (seek: Seek, group: MappingGroup): ExploredGroup => ({
  members: group.members,
  rows: group.rows.map(seek),
  apart: () => splitGroup(group).map((one) => exploreGroup(seek, one)),
})
