import type { Advice } from '../advice/index.ts'
import type { RuleTool, TableFamily } from '../model/index.ts'

/**
 * Something odd among the rules of one chain, none of them ours: what Al-Shaer and Hamed ("Discovery of policy
 * anomalies in distributed firewalls", INFOCOM 2004) call a shadowed, generalised, correlated or redundant rule, and
 * Yuan et al. (FIREMAN, Oakland 2006) widen to several rules that shadow one together.
 * @public @since 0.1.0
 */
export interface Anomaly {
  readonly kind: AnomalyKind
  readonly severity: 'warning' | 'info'
  /**
   * `possible`: what a rule asks for is not understood, and the anomaly is there if the same question has the same
   * answer for both.
   */
  readonly certainty: 'certain' | 'possible'
  /** The rule that is odd. */
  readonly rule: RulePlace
  /** Those that make it so, in the order of the chain. */
  readonly others: readonly RulePlace[]
  /** There are more of them than are named. */
  readonly hasMore: boolean
  /** What, why, and what to do. */
  readonly message: string
  /** How to take the rule away; null unless it is sure that this changes what becomes of no packet. */
  readonly remedy: Advice | null
}

/**
 * - `Shadowing`: rules before it end the way of every packet it matches, and not as it would: it never acts.
 * - `Redundancy`: without it everything stays the same: a rule before it, or a wider one behind it, does the same.
 * - `Generalisation`: narrower rules before it do something else: exceptions, often meant.
 * - `Correlation`: it and a rule before it share some packets, and do different things: their order decides.
 * @public @since 0.1.0
 */
export type AnomalyKind = 'Shadowing' | 'Redundancy' | 'Generalisation' | 'Correlation'

/**
 * Where a rule stands, and its owner.
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
  /** By fingerprint; null: none that is known. */
  readonly owner: string | null
  /** The kernel lets no other program change its table (nft's `flags owner`). Absent: it does. */
  readonly owned?: boolean
}
