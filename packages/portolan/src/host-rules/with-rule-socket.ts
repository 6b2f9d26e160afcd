import type { NetlinkSocket, Runner } from '@portolan/core'
import { openNetlinkSocket, runsHere } from '@portolan/host'

/**
 * Opens a netlink socket to the rules that a Runner's programs see. Null: the programs may be in another network
 * namespace than a socket of this process.
 * @internal
 */
export const openRuleSocket = (runner: Runner): NetlinkSocket | null =>
  runsHere(runner) ? openNetlinkSocket() : null

/**
 * Runs `use` with a socket for reading nftables, as `openRuleSocket` gives it, and closes the socket afterwards.
 * @internal
 */
export const withRuleSocket = async <Result>(
  runner: Runner,
  use: (socket: NetlinkSocket | null) => Promise<Result>,
): Promise<Result> => {
  const socket = openRuleSocket(runner)
  try {
    return await use(socket)
  } finally {
    socket?.close()
  }
}
