import type { Conflict, DesiredState, LeaseState } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'
import type { DriftChange } from './host-event.ts'

/** A project that is watched: how to look at it, and how to bring it back. */
export interface HeldProject {
  readonly project: string
  readonly backend: Backend
  /** Is it certain that no other program changed a rule since the last look? */
  isUnchanged(): Promise<boolean>
  /** Looks at the host: what is not as it is wanted? */
  look(): Promise<readonly DriftChange[]>
  /**
   * Brings back what the last look found missing.
   * @returns what was brought back, in so far as the host was read again for it: it may have changed since the look
   */
  repair(): Promise<readonly DriftChange[]>
  /** What on the host breaks, or would break, what is published. */
  conflicts(): Promise<readonly Conflict[]>
  /** Was what one of these threw told before, so that it is tried again without a word? It counts as told from then on. */
  isTold?(error: unknown): boolean
  /** What is wanted, as it was last looked at; null: nothing. */
  desired(): DesiredState | null
  /** The leases of this host, of every project; null: none are kept. */
  leases(): Promise<LeaseState | null>
  /**
   * Calls back where something that the kernel does not tell may have changed what is wanted, or what is in conflict.
   * @returns what ends that
   */
  follow?(changed: () => void): () => void
}
