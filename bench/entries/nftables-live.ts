import { openNetlinkSocket } from '@portolan/host'
import type { Protocol } from '@portolan/netfilter'
import { applyLive, publishChange, unpublishChange } from '@portolan/nftables'
import { openHost } from 'portolan'
import type { Entry } from '../entry.ts'
import { applyPorts, newState } from '../live-host.ts'
import { desiredOf, target } from '../mappings.ts'
import { measure, measureInTurn, peerOf } from '../measure.ts'
import { runProgram } from '../program.ts'

const hostPort = 9_000

export const entry: Entry = {
  about: 'adding and removing one mapping of many on a host kept open, nftables',
  needs: 'namespace',
  measure: async ({ count, rounds }) => {
    const ports = count(10_000)
    await applyPorts(ports, 'nftables')
    await using host = await openHost({ backend: 'nftables', state: newState() })
    const at = `at ${ports}`
    const some = { count: rounds(301), warmUp: rounds(100) }

    // Publishing and unpublishing are measured apart: to unpublish a port walks all of connection tracking, and so
    // empties the processor's caches.
    const [inARow, freePort] = [50, 20_000]
    let next = freePort
    const measureInARow = () =>
      measure(
        {
          run: () => {
            next += 1
            return host.publish({ hostPort: next, to: target })
          },
          after: async () => {
            next = freePort
            const taken = Array.from({ length: inARow }, (_, at) => freePort + 1 + at)
            await Promise.all(taken.map((one) => host.unpublish({ hostPort: one })))
          },
        },
        { count: rounds(41), warmUp: rounds(10), times: inARow },
      )
    const repeated = await measureInARow()

    const many = Array.from({ length: count(1000) }, (_, at) => freePort + 1 + at)
    const publishMany = () => Promise.all(many.map((one) => host.publish({ hostPort: one, to: target })))
    const unpublishMany = () => Promise.all(many.map((one) => host.unpublish({ hostPort: one })))
    const together = await measureInTurn(
      {
        add: {
          run: publishMany,
          after: async () => {
            await unpublishMany()
            await host.settled()
          },
        },
        remove: { before: publishMany, run: unpublishMany, after: () => host.settled() },
      },
      { count: rounds(11), warmUp: rounds(3) },
    )

    const publish = (protocol: Protocol) => () => host.publish({ hostPort, protocol, to: target })
    const unpublish = (protocol: Protocol) => () => host.unpublish({ hostPort, protocol })
    const published = await measureInTurn(
      {
        tcp: { run: publish('tcp'), after: unpublish('tcp') },
        udp: { run: publish('udp'), after: unpublish('udp') },
        back: { before: publish('tcp'), run: unpublish('tcp') },
      },
      some,
    )

    // V8 compiles functions that are called often. By now each has been called some ten thousand times.
    const warm = await measureInARow()

    const [mapping] = desiredOf(1).mappings
    if (mapping === undefined) throw new Error('no mapping')
    const socket = openNetlinkSocket()
    const add = () => applyLive([change(publishChange('live', { ...mapping, hostPort }))], socket)
    const remove = () => applyLive([change(unpublishChange('live', { ...mapping, hostPort }))], socket)
    const batch = await measureInTurn(
      { add: { run: add, after: remove }, remove: { before: add, run: remove } },
      some,
    )
    socket.close()

    const element = `{ tcp . ${hostPort} : ${target.address} . ${target.port} }`
    const nft = (verb: string, what: string) => () =>
      runProgram(['nft', verb, 'element', 'inet', 'portolan', 'dnat4', what])
    const process = await measureInTurn(
      {
        add: { run: nft('add', element), after: nft('delete', `{ tcp . ${hostPort} }`) },
        remove: { before: nft('add', element), run: nft('delete', `{ tcp . ${hostPort} }`) },
      },
      { count: rounds(15), warmUp: rounds(2) },
    )
    const row = (
      what: string,
      measured: typeof batch.add,
      atMost: number | null,
      peer: typeof batch.add,
    ) => ({
      what: `${what} ${at}`,
      unit: 'ms' as const,
      measured,
      mark: atMost === null ? null : { atMost },
      peers: [peerOf('nft as a process', measured, peer)],
    })
    return [
      row('add one, the batch', batch.add, 0.03, process.add),
      row('remove one, the batch', batch.remove, 0.03, process.remove),
      row(`publish(), TCP, ${inARow} in a row, each`, repeated, 0.05, process.add),
      row(`publish(), TCP, ${inARow} in a row, each, later in the same process`, warm, null, process.add),
      row('publish(), TCP, after an unpublish()', published.tcp, null, process.add),
      row(`publish(), ${many.length} calls made at once, all`, together.add, null, process.add),
      row(`unpublish(), ${many.length} calls made at once, all`, together.remove, 50, process.remove),
      row('publish(), UDP', published.udp, null, process.add),
      row('unpublish()', published.back, null, process.remove),
    ]
  },
}

const change = <Change>(made: Change | null): Change => {
  if (made === null) throw new Error('a plain mapping is not one element')
  return made
}
