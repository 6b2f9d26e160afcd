import { expect, test } from '@jest/globals'
import type { ConntrackEntry } from '../../src/conntrack/conntrack-message.ts'
import { tallyOf } from '../../src/conntrack/count-flows.ts'
import type { CountedSocket } from '../../src/conntrack/counted-socket.ts'

const target = { address: '172.17.0.1', port: 80 }

const socket = (more: Partial<CountedSocket> = {}): CountedSocket => ({
  family: 'ip',
  protocol: 'tcp',
  hostAddress: null,
  hostPort: 8080,
  targets: [target],
  ...more,
})

const flow = (more: Partial<ConntrackEntry> = {}, destination = '192.0.2.2'): ConntrackEntry => ({
  family: 'ip',
  original: { source: '192.0.2.9', destination, protocol: 6, sourcePort: 40_000, destinationPort: 8080 },
  reply: {
    source: target.address,
    destination: '192.0.2.9',
    protocol: 6,
    sourcePort: 80,
    destinationPort: 40_000,
  },
  destinationTranslated: true,
  ended: false,
  counted: null,
  id: 1,
  deletion: new Uint8Array(),
  ...more,
})

const counted = (sockets: readonly CountedSocket[], flows: readonly ConntrackEntry[]) => {
  const tally = tallyOf(sockets)
  for (const one of flows) tally.add(one)
  return tally.counts()
}

test('open flows that a socket led to its target are counted, and what of them is accounted', () => {
  expect(counted([socket()], [flow(), flow({ counted: { packets: 4, bytes: 300 } })])).toEqual([
    { connections: 2, accounted: 1, packets: 4, bytes: 300 },
  ])
})

test('what has ended, is not translated, or is answered by another one is not counted', () => {
  const elsewhere = { ...flow().reply, source: '172.17.0.2' }
  const flows = [flow({ ended: true }), flow({ destinationTranslated: false }), flow({ reply: elsewhere })]
  expect(counted([socket()], flows)).toMatchObject([{ connections: 0 }])
})

test('a flow to a bound address is that of the socket that is bound there, and others are of the one for all', () => {
  const sockets = [socket(), socket({ hostAddress: '192.0.2.3' })]
  const flows = [flow(), flow({}, '192.0.2.3'), flow({}, '192.0.2.3')]
  expect(counted(sockets, flows)).toMatchObject([{ connections: 1 }, { connections: 2 }])
})

test('a socket that leads to several targets counts the flows to each', () => {
  const other = { address: '172.17.0.2', port: 81 }
  const reply = { ...flow().reply, source: other.address, sourcePort: other.port }
  expect(counted([socket({ targets: [target, other] })], [flow(), flow({ reply })])).toMatchObject([
    { connections: 2 },
  ])
})

test('sockets that differ in their interface alone each count the flows of both', () => {
  expect(counted([socket(), socket()], [flow()])).toMatchObject([{ connections: 1 }, { connections: 1 }])
})

test('addresses of IPv6 are compared, not their texts', () => {
  const wanted = socket({ family: 'ip6', targets: [{ address: 'FD00:0::1', port: 80 }] })
  const six = flow({ family: 'ip6', reply: { ...flow().reply, source: 'fd00::1' } })
  expect(counted([wanted], [six])).toMatchObject([{ connections: 1 }])
})
