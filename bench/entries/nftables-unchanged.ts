import { createRunner, openNetlinkSocket } from '@portolan/host'
import { adopt, apply, compile, diff, emptyRuleset, inspect } from '@portolan/nftables'
import type { Entry } from '../entry.ts'
import { desiredOf } from '../mappings.ts'
import { measureInTurn, peerOf } from '../measure.ts'
import { runProgram } from '../program.ts'

export const entry: Entry = {
  about: 'finding that there is nothing to do, nftables',
  needs: 'namespace',
  measure: async ({ count, rounds }) => {
    const ports = count(10_000)
    const desired = desiredOf(ports)
    const runner = createRunner()
    const socket = openNetlinkSocket()
    await apply(diff(emptyRuleset, compile(desired)), runner)
    const { whole, reading, nft } = await measureInTurn(
      {
        whole: {
          run: async () => {
            const actual = await inspect(runner, { socket })
            const changes = diff(actual, adopt(actual, desired, desired.project))
            if (changes.length > 0) throw new Error(`${changes.length} changes, where there is nothing to do`)
          },
        },
        reading: { run: () => inspect(runner, { socket }) },
        nft: { run: () => runProgram(['nft', '-j', 'list', 'table', 'inet', 'portolan']) },
      },
      { count: rounds(11), warmUp: rounds(3) },
    )
    socket.close()
    const name = 'nft -j list table'
    return [
      {
        what: `nothing to do at ${ports}: read and diff`,
        unit: 'ms',
        measured: whole,
        mark: { atMost: 20 },
        peers: [peerOf(name, whole, nft)],
      },
      {
        what: `nothing to do at ${ports}: read alone`,
        unit: 'ms',
        measured: reading,
        mark: null,
        peers: [peerOf(name, reading, nft)],
      },
    ]
  },
}
