import type { NetfilterRule } from '@portolan/netfilter'
import type { RangeSet, TraceStep } from '@portolan/netfilter/analysis'
import type { Remedy } from '../conflict.ts'
import type { Finding } from '../search/finding/finding.ts'
import type { Insertion } from './insertion.ts'
import type { Passages } from './passage.ts'

/** A remedy before it is checked: its words, and the rules that it adds. */
export interface Draft {
  readonly remedy: Remedy
  /** Empty: the remedy is words only. */
  readonly insertions: readonly Insertion[]
}

/** A remedy that was drafted for a finding. */
export interface Drafted {
  readonly finding: Finding
  readonly draft: Draft
}

/** The packets that the owner of a culprit should let pass. */
export interface Wanted {
  /** The rule or policy that stops them. */
  readonly step: TraceStep
  /** Rules that are reported together with that rule, and stop others of the packets. */
  readonly alongside: readonly NetfilterRule[]
  readonly passages: Passages
  readonly bridge: string
  readonly of: 'mapping' | 'network'
  /** DNAT has changed the destination of the packets. */
  readonly isTranslated: boolean
  /** The interfaces that the packets come in or leave by, besides the bridge. */
  readonly outer: readonly string[]
  /** Prefixes of the bridges of other engines. */
  readonly otherBridges: readonly string[]
  /** The subnets of the project. */
  readonly subnets: readonly RangeSet[]
  /** The prefix of the network itself; null: it has none in this family. */
  readonly subnet: string | null
}

/** Drafts a remedy of words only. */
export const inWords = (text: string): Draft => ({ remedy: { text, commands: [] }, insertions: [] })
