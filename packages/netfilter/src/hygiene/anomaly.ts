import type { Advice } from '../advice/index.ts'
import type { RuleTool, TableFamily } from '../model/index.ts'

/**
 * An anomaly among the foreign rules of one chain: what Al-Shaer and Hamed ("Discovery of policy anomalies in
 * distributed firewalls", INFOCOM 2004) call a shadowed, generalised, correlated or redundant rule. Yuan et al.
 * (FIREMAN, Oakland 2006) widen this to several rules that shadow one together.
 * @public @since 0.1.0
 */
export interface Anomaly {
  readonly kind: AnomalyKind
  readonly severity: 'warning' | 'info'
  /**
   * `possible`: some match is not understood, and the anomaly exists if this match has the same result in both rules.
   */
  readonly certainty: 'certain' | 'possible'
  /** The rule that has the anomaly. */
  readonly rule: RulePlace
  /** The rules that cause the anomaly, in the order of the chain. */
  readonly others: readonly RulePlace[]
  /** Whether there are more such rules than `others` names. */
  readonly hasMore: boolean
  /** What is wrong, why, and what to do. */
  readonly message: string
  /** How to remove the rule; null unless it is certain that this changes the outcome of no packet. */
  readonly remedy: Advice | null
}

/**
 * - `Shadowing`: earlier rules end the path of every packet it matches, and not as it would: it never acts.
 * - `Redundancy`: without it nothing changes: an earlier rule, or a wider one behind it, does the same.
 * - `Generalisation`: narrower rules before it do something else: exceptions, often intended.
 * - `Correlation`: it shares some packets with an earlier rule, and the two do different things: their order decides.
 * @public @since 0.1.0
 */
export type AnomalyKind = 'Shadowing' | 'Redundancy' | 'Generalisation' | 'Correlation'

/**
 * The place of a rule, and its owner.
 * @public @since 0.1.0
 */
export interface RulePlace {
  readonly tool: RuleTool
  readonly family: TableFamily
  readonly table: string
  readonly chain: string
  /** Counts from 1. */
  readonly position: number
  /** nftables only. */
  readonly handle: number | null
  readonly text: string
  /** The owner by fingerprint; null: not known. */
  readonly owner: string | null
  /**
   * Whether the kernel lets only the owner change the table (nft's `flags owner`). Absent: every program may change it.
   */
  readonly owned?: boolean
}
