import type { NetlinkSocket } from '../plan/netlink-socket.ts'

/**
 * How a dialect carries out changes, beside the Runner.
 * @public @since 0.1.0
 */
export interface RuleApplyOptions {
  /**
   * A socket of the network namespace that the Runner's programs are in, for a dialect that `speaksNetlink`. Null or
   * absent: programs do it.
   */
  readonly socket?: NetlinkSocket | null
  /**
   * The generation of the rules that the changes are for: over the socket they are refused in any other, as another
   * program may have changed what they rest on. Null or absent: only what they name has to be as they expect it.
   */
  readonly generation?: number | null
}
