import type { TableFamily } from '../../model/index.ts'
import type { Deed } from '../trace/deed.ts'
import type { CauseKind } from '../trace/kernel-cause.ts'

/**
 * What becomes of a flow: its first packet, the answer to it, and the next two, where rules could treat those
 * otherwise. A flow whose answer is lost is `dropped`, and the culprit is on the answer's way; so is one that is cut
 * off once it is answered (`packet` of a trace's last entry is then 3 or 4).
 * - `delivered`: to one of our endpoints. `forwarded`: out of some interface. `local`: to a process on the host,
 *   whether one listens or not. `rejected`: refused with an answer. `unrouted`: there is no route.
 * @public @since 0.1.0
 */
export type OutcomeKind = 'delivered' | 'local' | 'forwarded' | 'dropped' | 'rejected' | 'unrouted'

/** @public @since 0.1.0 */
export interface Outcome {
  readonly outcome: OutcomeKind
  /**
   * `possible`: it hangs on something that no description of a packet settles, or on the order of chains of equal
   * priority; `alternatives` says what else may be.
   */
  readonly certainty: 'certain' | 'possible'
  /** Where the first packet arrived; null when it did not. */
  readonly at: {
    readonly address: string
    readonly port: number | null
    readonly interface: string | null
  } | null
  /** How the receiver sees the sender. A range: another flow may hold the port already. */
  readonly seenAs: {
    readonly source: string
    readonly sourcePort: number | readonly [number, number] | null
  } | null
  /** What stopped it; null when nothing did. */
  readonly culprit: OutcomeCulprit | null
  readonly trace: readonly TraceEntry[]
  /** Other outcomes that are as possible, by the choices of a balancer too; empty when there is no other. */
  readonly alternatives: readonly Omit<Outcome, 'alternatives' | 'certainty'>[]
  /** Chains of equal priority whose order decides, each group as a text. */
  readonly undetermined: readonly string[]
}

/**
 * A rule, a policy (`position` is `policy`), or what is no rule: `tool` is then `kernel`.
 * @public @since 0.1.0
 */
export interface OutcomeCulprit {
  readonly tool: string
  readonly family: TableFamily | null
  readonly table: string | null
  readonly chain: string | null
  readonly position: string | number | null
  readonly handle: number | null
  readonly text: string
  /** By fingerprint: see `ownerOf`. */
  readonly owner: string | null
}

/**
 * One thing that acted on a packet of the flow: a rule, a policy, routing, a bridge.
 * @public @since 0.1.0
 */
export interface TraceEntry {
  readonly direction: 'original' | 'reply'
  /**
   * 1 the first packet, 2 the answer to it, 3 the sender's next (of TCP the ACK that ends the handshake), 4 the answer to
   * that. Of the last two only what stops the flow is told.
   */
  readonly packet: 1 | 2 | 3 | 4
  readonly hook: string
  /** `nft`, `iptables-nft`, `iptables-legacy`, or `kernel`. */
  readonly tool: string
  readonly family: TableFamily | null
  readonly table: string | null
  readonly chain: string | null
  /** The rule as its tool prints it; `policy`; or what the kernel did. */
  readonly rule: string
  readonly verdict: string
  readonly deed: Deed
  /** What part of the kernel acted; null for a rule and a policy. */
  readonly cause: CauseKind | null
  /** The rule's place in its chain, from 1; null for a policy and what is no rule. */
  readonly position: number | null
  readonly handle: number | null
  /** By fingerprint (`ownerOf`): `docker`, `ufw`, ...; null when nothing tells, and of what is no rule. */
  readonly owner: string | null
}
