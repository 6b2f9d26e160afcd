import type { Change } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import type { Rule } from '../model/ruleset.ts'

/**
 * One step of a diff between two iptables rulesets.
 * @public @since 0.1.0
 */
export interface IptablesChange extends Change {
  readonly operation: Operation
}

/**
 * What a change does, as a line of iptables-restore would: `:CHAIN`, `-I` or `-A`, `-D`, `-F` and `-X`.
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
  /** Counts from 1, among the rules that are there when this change's turn comes; null: at the end. */
  readonly position: number | null
  readonly rule: Rule
}

/** @public @since 0.1.0 */
export interface DeleteRule extends Place {
  readonly kind: 'delete-rule'
  /** Counts from 1: where it stood, so that it can be put back there. */
  readonly position: number
  /** Whether the line names the rule by its text or by its position. */
  readonly by: 'text' | 'position'
  readonly rule: Rule
}

/**
 * Takes a rule out by its text and puts it in again elsewhere: two lines of one table, which the kernel takes at once.
 * @public @since 0.1.0
 */
export interface MoveRule extends Place {
  readonly kind: 'move-rule'
  /** Both count from 1. */
  readonly from: number
  readonly to: number
  readonly rule: Rule
}

/** Empties the chain first. @public @since 0.1.0 */
export interface DeleteChain extends Place {
  readonly kind: 'delete-chain'
  readonly rules: readonly Rule[]
}
