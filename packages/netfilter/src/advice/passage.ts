import type { Family } from '../address/index.ts'

/** The packets that a chain should let pass: what a rule in front of the culprit has to match. */
export interface Passage {
  readonly family: Family
  readonly in: string | null
  readonly out: string | null
  /** Null: any. */
  readonly protocol: number | null
  readonly source: string | null
  /** `local`: any address of the host. */
  readonly destination: string | 'local' | null
  readonly sourcePort: number | null
  readonly destinationPort: number | null
  /** Only what belongs to a flow under way. */
  readonly answers: boolean
  /** Only what was led to its destination by a translation (DNAT). */
  readonly translated?: boolean
}
