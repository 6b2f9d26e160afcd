import type { Family } from '../address/index.ts'

/** The packets that a chain should let pass. A rule in front of the culprit has to match them. */
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
  /** Only packets of an established or related flow. */
  readonly answers: boolean
  /** Only packets with a translated destination (DNAT). */
  readonly translated?: boolean
}
