import type { NetlinkSocket, OwnedNetwork } from '@portolan/core'
import type { Backend } from '../../backend/backend.ts'
import type { DialectOf, RulesOf } from '../../backend/dialects.ts'

/**
 * Reads and changes the rules of one backend on a host.
 * @public @since 0.1.0
 */
export interface RuleSource<One extends Backend> {
  /** The socket for adding and removing mappings without reading rules; null: there is no such way. */
  readonly socket: NetlinkSocket | null
  /** The generation of the rules, which each transaction increases by one; null: not known. */
  generation(): Promise<number | null>
  /** Reads the managed rules, as `inspect` of the dialect does. */
  inspect(): Promise<RulesOf<One>>
  /**
   * The networks whose rules belong in this backend. Networks that another backend guards are left out, because their
   * projects were applied with that backend.
   * @param guarded - the bridges for which this backend has rules
   */
  networksToGuard(
    networks: readonly OwnedNetwork[],
    guarded: readonly string[],
  ): Promise<readonly OwnedNetwork[]>
  /**
   * Carries out changes, all of them or none.
   * @param generation - the generation of the rules that the changes are for; null: not known. Where generations are
   * counted, changes for another generation are refused
   * @throws StaleStateError when the rules are not those that the changes are for
   */
  apply(changes: ReturnType<DialectOf<One>['diff']>, generation: number | null): Promise<void>
  close(): void
}
