import type { NetlinkSocket, Runner } from '@portolan/core'
import { openMemory } from '../../apply/host-memory.ts'
import type { Backend } from '../../backend/backend.ts'
import { dialects, generation as generationOf } from '../../backend/dialects.ts'
import { hostAccess } from '../../host-rules/host-access.ts'
import { openRuleSocket } from '../../host-rules/with-rule-socket.ts'
import { networksToGuard } from './guarded-elsewhere.ts'
import type { RuleSource } from './rule-source.ts'

/**
 * Opens the rules of this host, in the network namespace of a Runner.
 * @param noted - called after a table was noted in the state directory for `destroy` to remove
 */
export const openRuleSource = <One extends Backend>(
  backend: One,
  runner: Runner,
  stateDirectory: string,
  noted: () => Promise<unknown> = async () => {},
): RuleSource<One> => {
  const dialect = dialects[backend]
  // The kernel does not count generations of iptables-legacy.
  const socket: NetlinkSocket | null = dialect.countsGenerations ? openRuleSocket(runner) : null
  const host = hostAccess(runner, socket)
  return {
    socket,
    generation: async () => (socket === null ? null : generationOf(socket)),
    inspect: () => dialect.inspect(host),
    networksToGuard: (networks, guarded) => networksToGuard(backend, networks, guarded, runner, socket),
    apply: async (changes, generation) => {
      // Tables that are created beside the rules are noted first, so that `destroy` removes them.
      const created = (await dialect.traces?.foresee(changes, runner)) ?? []
      if (created.length > 0) {
        await (await openMemory(stateDirectory)).noteCreated(created)
        await noted()
      }
      await dialect.apply(changes, runner, { socket, generation })
    },
    close: () => socket?.close(),
  }
}
