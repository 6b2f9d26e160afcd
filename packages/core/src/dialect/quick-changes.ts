import type { DesiredMapping } from '../contract/index.ts'
import type { NetlinkSocket } from '../plan/netlink-socket.ts'

/**
 * Mappings to add or remove, with what is known of the rules in place.
 * @public @since 0.1.0
 */
export interface QuickChange {
  readonly action: 'add' | 'remove'
  readonly project: string
  readonly mappings: readonly DesiredMapping[]
  /** No rule restricts a port to some sources (`restrictsPorts`), so no mapping needs an exemption. */
  readonly unrestricted: boolean
  /** The generation of the rules that the change is for. The kernel refuses it in any other generation. */
  readonly generation: number
}

/**
 * A way to change mappings without reading or comparing rules, over a socket.
 * @public @since 0.1.0
 */
export interface QuickChanges<Rules> {
  /** Do rules restrict a port to some sources, or may they come to do so? */
  restrictsPorts(rules: Rules): boolean
  /**
   * Adds or removes all mappings in one transaction.
   * @returns false, with nothing done, when one of the mappings needs more than the quick way can do
   * @throws StaleStateError when the rules are of another generation, or are not those that the change is for
   */
  carryOut(change: QuickChange, socket: NetlinkSocket): Promise<boolean>
}
