import { writeFileSync } from 'node:fs'
import { createRunner, openNetlinkSocket } from '@portolan/host'
import { apply, compile, diff, emptyRuleset, print } from '@portolan/nftables'
import type { Entry } from '../entry.ts'
import { desiredOf } from '../mappings.ts'
import { measureInTurn, peerOf } from '../measure.ts'
import { runProgram } from '../program.ts'

const script = '/run/mappings.nft'

export const entry: Entry = {
  about: 'many mappings from nothing, nftables',
  needs: 'namespace',
  measure: async ({ count, rounds }) => {
    const ports = count(10_000)
    const desired = desiredOf(ports)
    const runner = createRunner()
    const socket = openNetlinkSocket()
    const changes = diff(emptyRuleset, compile(desired))
    writeFileSync(script, print(compile(desired), 'nft'))
    const after = (): void => void runProgram(['nft', 'delete', 'table', 'inet', 'portolan'])
    const { whole, alone, nft } = await measureInTurn(
      {
        whole: { run: () => apply(diff(emptyRuleset, compile(desired)), runner, { socket }), after },
        alone: { run: () => apply(changes, runner, { socket }), after },
        nft: { run: () => runProgram(['nft', '-f', script]), after },
      },
      { count: rounds(7), warmUp: rounds(2) },
    )
    socket.close()
    const name = 'nft -f of the same map'
    return [
      {
        what: `${ports} mappings from nothing: compile, diff, apply`,
        unit: 'ms',
        measured: whole,
        mark: { atMost: 80, ratioAtMost: 1 / 3 },
        peers: [peerOf(name, whole, nft)],
      },
      {
        what: `${ports} mappings from nothing: apply alone`,
        unit: 'ms',
        measured: alone,
        mark: { atMost: 20 },
        peers: [peerOf(name, alone, nft)],
      },
    ]
  },
}
