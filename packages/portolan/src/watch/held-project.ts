import type { Conflict, DesiredState, LeaseState } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'
import type { DriftChange } from './host-event.ts'

/** A watched project: how to look at it, and how to repair it. */
export interface HeldProject {
  readonly project: string
  readonly backend: Backend
  /** Tells whether certainly no other program changed a rule since the last look. */
  isUnchanged(): Promise<boolean>
  /** Looks at the host and returns what differs from the desired state. */
  look(): Promise<readonly DriftChange[]>
  /**
   * Repairs what the last look found.
   * @returns what was repaired, as far as the repair read the host again. The host may have changed since the look
   */
  repair(): Promise<readonly DriftChange[]>
  /** The conflicts of the host with the published ports, present and future. */
  conflicts(): Promise<readonly Conflict[]>
  /**
   * Tells whether this error of a look, repair or search was reported before, and marks it as reported. A reported
   * error is retried silently.
   */
  wasReported?(error: unknown): boolean
  /** The desired state at the last look; null: nothing is desired. */
  desired(): DesiredState | null
  /** The leases of this host, of every project; null: no leases are kept. */
  leases(): Promise<LeaseState | null>
  /**
   * Calls back when the desired state or the conflicts may have changed without a notice of the kernel.
   * @returns a function that ends the calls
   */
  follow?(changed: () => void): () => void
}
