import type { Family } from '@portolan/netfilter'
import type { Runner } from '../plan/runner.ts'

/**
 * A table that came into being with our rules, with chains in it that are not ours.
 * @public @since 0.1.0
 */
export interface CreatedTable {
  readonly family: Family
  readonly table: string
  readonly chains: readonly string[]
  /** The table itself was made too, not only these chains in it. */
  readonly whole: boolean
}

/**
 * What carrying out changes brings into being on a host beside our rules, and how it is taken away when nothing of ours
 * is left. The caller keeps notes of it between the two.
 * @public @since 0.1.0
 */
export interface HostTraces<RuleChange> {
  /**
   * What changes will bring into being, before they are carried out. None without the program that tells.
   * @throws PermissionError, InspectError
   */
  foresee(changes: readonly RuleChange[], runner: Runner): Promise<readonly CreatedTable[]>
  /**
   * Takes it away, as far as no other program has come to use it.
   * @returns false, with nothing done, without the program that could: the notes are to be kept
   */
  remove(created: readonly CreatedTable[], runner: Runner): Promise<boolean>
}
