import type { ClusterNeighbours, Intent } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'

/** The text that a planned project is read from, and the records that the state directory keeps of it. */
export interface HeldText {
  /**
   * Reads the text again. When another process has applied its current content, that content becomes the desired state.
   */
  read(): Intent
  /** Records again for other processes that this one holds the project, when that record is lost. */
  keepHold(): Promise<void>
  /** Tells whether the record of the applied project is lost. */
  isLost(): boolean
  /**
   * Writes the record of the applied project again.
   * @param backend - the backend that has the rules
   * @param neighbours - the other hosts of the cluster, as last known
   */
  writeDown(backend: Backend, neighbours: ClusterNeighbours | null): Promise<void>
  /** Notes that another process applied the project with another backend. */
  moveTo(backend: Backend): Promise<void>
  /** Notes that another process applied the current text, which is the desired state from now on. */
  taken(intent: Intent): void
}
