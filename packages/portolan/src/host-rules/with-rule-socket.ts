import type { NetlinkSocket, Runner } from '@portolan/core'
import { openNetlinkSocket, runsHere } from '@portolan/host'

/**
 * Opens a socket to the rules that a Runner's programs see; null where these may be in another network namespace than a
 * socket of this process.
 * @internal
 */
export const openRuleSocket = (runner: Runner): NetlinkSocket | null =>
  runsHere(runner) ? openNetlinkSocket() : null

/**
 * Hands over a socket to read nftables with while `use` runs, as `openRuleSocket` gives it.
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
