import type { Family } from '@portolan/netfilter'
import type { Runner } from '../plan/runner.ts'

/**
 * A table that came into being with the managed rules and holds chains that are not ours.
 * @public @since 0.1.0
 */
export interface CreatedTable {
  readonly family: Family
  readonly table: string
  readonly chains: readonly string[]
  /** True: the table itself was made too. False: only these chains in it. */
  readonly whole: boolean
}

/**
 * Finds and removes what applied changes leave on a host beside the managed rules. The caller keeps notes of it in
 * between.
 * @public @since 0.1.0
 */
export interface HostTraces<RuleChange> {
  /**
   * Lists the tables that changes will bring into being, before they are applied. Empty where the program that tells is
   * missing.
   * @throws PermissionError, InspectError
   */
  foresee(changes: readonly RuleChange[], runner: Runner): Promise<readonly CreatedTable[]>
  /**
   * Removes the noted tables and chains that no other program has come to use.
   * @returns false, with nothing done, where the program that removes them is missing: the caller keeps its notes
   */
  remove(created: readonly CreatedTable[], runner: Runner): Promise<boolean>
}
