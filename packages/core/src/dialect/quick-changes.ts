import type { DesiredMapping } from '../contract/index.ts'
import type { NetlinkSocket } from '../plan/netlink-socket.ts'

/**
 * The mappings to add or to take back, and what the rules they come into are known to be.
 * @public @since 0.1.0
 */
export interface QuickChange {
  readonly action: 'add' | 'remove'
  readonly project: string
  readonly mappings: readonly DesiredMapping[]
  /** No port is restricted to some sources (`restrictsPorts`), so that none has to be exempted from that. */
  readonly unrestricted: boolean
  /** The generation of the rules it is for: in any other the kernel refuses it. */
  readonly generation: number
}

/**
 * A way to change mappings without reading or comparing rules, over a socket.
 * @public @since 0.1.0
 */
export interface QuickChanges<Rules> {
  /** Do rules restrict a port to some sources, or may they come to? */
  restrictsPorts(rules: Rules): boolean
  /**
   * All of them in one transaction.
   * @returns false, with nothing done, when one of the mappings takes more than the quick way can do
   * @throws StaleStateError when the rules are of another generation, or not what the change is for
   */
  carryOut(change: QuickChange, socket: NetlinkSocket): Promise<boolean>
}
