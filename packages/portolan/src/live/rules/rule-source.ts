import type { NetlinkSocket, OwnedNetwork } from '@portolan/core'
import type { Backend } from '../../backend/backend.ts'
import type { DialectOf, RulesOf } from '../../backend/dialects.ts'

/**
 * The rules of one backend on a host: how they are read and changed.
 * @public @since 0.1.0
 */
export interface RuleSource<One extends Backend> {
  /** Over which mappings are added and taken back without reading rules; null: there is no such way. */
  readonly socket: NetlinkSocket | null
  /** The generation of the rules, which counts up by one with each transaction; null: nothing tells. */
  generation(): Promise<number | null>
  /** As `inspect` of the dialect. */
  inspect(): Promise<RulesOf<One>>
  /**
   * Those of some networks whose rules have to be in this backend: not those that another one guards, as their projects
   * were applied with that.
   * @param guarded - the bridges that this backend has something for
   */
  networksToGuard(
    networks: readonly OwnedNetwork[],
    guarded: readonly string[],
  ): Promise<readonly OwnedNetwork[]>
  /**
   * Carries out changes, all of them or none.
   * @param generation - of the rules they are for, where it is known: where it is counted they are refused in any other
   * @throws StaleStateError when the rules are not those that the changes are for
   */
  apply(changes: ReturnType<DialectOf<One>['diff']>, generation: number | null): Promise<void>
  close(): void
}
