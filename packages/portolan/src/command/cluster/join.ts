import type { RememberedMember } from '@portolan/host'
import { holdMembership } from '../../cluster/hold-membership.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { waitFor } from '../wait-for.ts'
import { type ClusterCall, refuseOptions } from './call.ts'
import { joinOnce } from './join-once.ts'
import { type Forgotten, stayJoined } from './stay-joined.ts'
import { tell, withMemory } from './tell-joined.ts'

/** `portolan cluster join`: verifies the blocks of this host, and claims what it lacks. */
export const join = async (call: ClusterCall): Promise<ExitCode> => {
  refuseOptions(call, 'join', ['member', 'count', 'takeover', 'watch', 'address'])
  if (call.options.watch === true) {
    for (let was: RememberedMember | null = null; ; ) {
      const end = await holdMembership(call.directory, 'and keeps this host in its cluster already.')
      try {
        const ended: ExitCode | Forgotten = await stayJoined(call, was)
        if (typeof ended === 'number') return ended
        was = ended.was
      } finally {
        end()
      }
    }
  }
  const joined = await waitFor(call, 'asking etcd', () => joinOnce(call, false, null))
  await tell(call, joined)
  if (joined.exhausted !== null) throw withMemory(joined.exhausted, call)
  return exitCode.ok
}
