import type { Change } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import type { Rule } from './ruleset.ts'

/**
 * One step of a diff between two iptables rulesets.
 * @public @since 0.1.0
 */
export interface IptablesChange extends Change {
  readonly operation: Operation
}

/**
 * The operation of a change, as a line of iptables-restore: `:CHAIN`, `-I` or `-A`, `-D`, `-F` and `-X`.
 * @public @since 0.1.0
 */
export type Operation = CreateChain | InsertRule | DeleteRule | MoveRule | DeleteChain

interface Place {
  readonly family: Family
  readonly table: string
  readonly chain: string
}

/** @public @since 0.1.0 */
export interface CreateChain extends Place {
  readonly kind: 'create-chain'
}

/** @public @since 0.1.0 */
export interface InsertRule extends Place {
  readonly kind: 'insert-rule'
  /** Counted from 1, among the rules at the time of this change; null: at the end. */
  readonly position: number | null
  readonly rule: Rule
}

/** @public @since 0.1.0 */
export interface DeleteRule extends Place {
  readonly kind: 'delete-rule'
  /** The position of the rule, counted from 1, so that it can be put back there. */
  readonly position: number
  /** Does the line name the rule by its text or by its position? */
  readonly by: 'text' | 'position'
  readonly rule: Rule
}

/**
 * Moves a rule: deletes it by its text and inserts it elsewhere. These are two lines for one table, which the kernel
 * takes at once.
 * @public @since 0.1.0
 */
export interface MoveRule extends Place {
  readonly kind: 'move-rule'
  /** Both count from 1. */
  readonly from: number
  readonly to: number
  readonly rule: Rule
}

/** Empties a chain and deletes it. @public @since 0.1.0 */
export interface DeleteChain extends Place {
  readonly kind: 'delete-chain'
  readonly rules: readonly Rule[]
}
