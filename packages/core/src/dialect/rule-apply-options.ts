import type { NetlinkSocket } from '../plan/netlink-socket.ts'

/**
 * Options of `Dialect.apply`, beside the Runner.
 * @public @since 0.1.0
 */
export interface RuleApplyOptions {
  /**
   * A socket in the network namespace of the Runner's programs, for a dialect that `speaksNetlink`. Null or absent:
   * programs make the changes.
   */
  readonly socket?: NetlinkSocket | null
  /**
   * The generation of the rules that the changes are for. Over the socket, the kernel refuses the changes in any other
   * generation, because another program may have changed the rules that they depend on. Null or absent: only the rules
   * that the changes name must be as expected.
   */
  readonly generation?: number | null
}
