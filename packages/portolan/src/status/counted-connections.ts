import type { MappingLine } from './mapping-lines.ts'
import type { MappingStatus } from './status.ts'

/** What is known of the open connections of mappings. */
export type ConnectionCounts = Pick<MappingStatus, 'connections' | 'packets' | 'bytes'>

export interface CountedConnections {
  readonly counts: ReadonlyMap<MappingLine, ConnectionCounts>
  /** Does the kernel count packets and bytes of each connection? */
  readonly accounting: boolean
  readonly unread: readonly string[]
}
