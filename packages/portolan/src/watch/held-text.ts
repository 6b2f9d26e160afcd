import type { ClusterNeighbours, Intent } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'

/** What a planned project is read from, and what of it is written down beside its leases. */
export interface HeldText {
  /** Reads it again: where another process has applied what it says by now, that is what is wanted. */
  read(): Intent
  /** Tells other processes again that this one holds the project, where that is lost. */
  keepHold(): Promise<void>
  /** Is what is in force written down nowhere any more? */
  isLost(): boolean
  /**
   * Writes it down again.
   * @param backend - that it is in force with
   * @param neighbours - the other hosts of the cluster, as they were known last
   */
  writeDown(backend: Backend, neighbours: ClusterNeighbours | null): Promise<void>
  /** Notes that another process put it in force with another backend. */
  moveTo(backend: Backend): Promise<void>
  /** Notes that another process applied what it says now, which is wanted from now on. */
  taken(intent: Intent): void
}
