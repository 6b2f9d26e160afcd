import type { NetlinkSocket, Runner } from '@portolan/core'
import { openNetlinkSocket, runsHere } from '@portolan/host'

/**
 * Hands over a socket to read nftables with while `use` runs; null where programs of the Runner may be in another network
 * namespace than a socket of this process.
 * @internal
 */
export const withRuleSocket = async <Result>(
  runner: Runner,
  use: (socket: NetlinkSocket | null) => Promise<Result>,
): Promise<Result> => {
  const socket = runsHere(runner) ? openNetlinkSocket() : null
  try {
    return await use(socket)
  } finally {
    socket?.close()
  }
}
