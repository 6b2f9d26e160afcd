import type { TableFamily } from '../../model/index.ts'
import type { Deed } from '../trace/deed.ts'
import type { CauseKind } from '../trace/kernel-cause.ts'

/**
 * The outcome of a flow: of its first packet, the answer to it, and the next two packets, where rules could treat those
 * differently. A flow with a lost answer is `dropped`, and the culprit is on the answer's path. A flow that is stopped
 * after its answer is `dropped` too (`packet` of a trace's last entry is then 3 or 4).
 * - `delivered`: to one of our endpoints. `forwarded`: out of some interface. `local`: to a process on the host,
 *   whether one listens or not. `rejected`: refused with an answer. `unrouted`: there is no route.
 * @public @since 0.1.0
 */
export type OutcomeKind = 'delivered' | 'local' | 'forwarded' | 'dropped' | 'rejected' | 'unrouted'

/** @public @since 0.1.0 */
export interface Outcome {
  readonly outcome: OutcomeKind
  /**
   * `possible`: the outcome depends on something that no description of a packet settles, or on the order of chains of
   * equal priority. `alternatives` has the other outcomes.
   */
  readonly certainty: 'certain' | 'possible'
  /** Where the first packet arrived; null when it did not. */
  readonly at: {
    readonly address: string
    readonly port: number | null
    readonly interface: string | null
  } | null
  /** The sender as the receiver sees it. A range of ports: another flow may hold the port already. */
  readonly seenAs: {
    readonly source: string
    readonly sourcePort: number | readonly [number, number] | null
  } | null
  /** The rule, policy or kernel action that stopped the flow; null: nothing did. */
  readonly culprit: OutcomeCulprit | null
  readonly trace: readonly TraceEntry[]
  /** Other possible outcomes, those of a balancer's choices included; empty when there is no other. */
  readonly alternatives: readonly Omit<Outcome, 'alternatives' | 'certainty'>[]
  /** The chains of equal priority with an order that decides, each group as a text. */
  readonly undetermined: readonly string[]
}

/**
 * What stopped a flow: a rule, a policy (`position` is `policy`), or the kernel (`tool` is then `kernel`).
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
   * 1 the first packet, 2 the answer to it, 3 the sender's next (of TCP the ACK that ends the handshake), 4 the answer
   * to that. Of packets 3 and 4, the trace has only what stops the flow.
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
  /** The part of the kernel that acted; null for a rule and a policy. */
  readonly cause: CauseKind | null
  /** The rule's place in its chain, from 1; null for a policy and for the kernel. */
  readonly position: number | null
  readonly handle: number | null
  /** By fingerprint (`ownerOf`): `docker`, `ufw`, ...; null: not known, or the kernel acted. */
  readonly owner: string | null
}
