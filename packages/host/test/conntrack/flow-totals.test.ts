import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ConntrackEntry } from '../../src/conntrack/conntrack-message.ts'
import type { CountedSocket } from '../../src/conntrack/counted-socket.ts'
import { type FlowTotals, openFlowTotals } from '../../src/conntrack/flow-totals.ts'

const web: CountedSocket = {
  family: 'ip',
  protocol: 'tcp',
  hostAddress: null,
  hostPort: 8080,
  targets: [{ address: '172.17.0.1', port: 80 }],
}

/** A connection to `web`, known by its id. */
const flow = (
  id: number,
  packets: number | null = null,
  more: Partial<ConntrackEntry> = {},
): ConntrackEntry => ({
  family: 'ip',
  original: {
    source: '192.0.2.9',
    destination: '192.0.2.2',
    protocol: 6,
    sourcePort: 40_000 + id,
    destinationPort: 8080,
  },
  reply: {
    source: '172.17.0.1',
    destination: '192.0.2.9',
    protocol: 6,
    sourcePort: 80,
    destinationPort: 40_000 + id,
  },
  destinationTranslated: true,
  ended: false,
  counted: packets === null ? null : { packets, bytes: 100 * packets },
  id,
  deletion: new Uint8Array(),
  ...more,
})

const listed = (totals: FlowTotals, entries: readonly ConntrackEntry[], sockets = [web]) => {
  const listing = totals.list(sockets)
  for (const entry of entries) listing.add(entry)
  return listing.totals().map(({ open, connections, packets, bytes }) => ({
    open: open.connections,
    ...{ connections, packets, bytes },
  }))
}

test('what open connections sent is counted once, however often they are listed', () => {
  const totals = openFlowTotals()
  expect(listed(totals, [flow(1, 4)])).toEqual([{ open: 1, connections: 1, packets: 4, bytes: 400 }])
  expect(listed(totals, [flow(1, 4)])).toEqual([{ open: 1, connections: 1, packets: 4, bytes: 400 }])
  expect(listed(totals, [flow(1, 6), flow(2, 1)])).toEqual([
    { open: 2, connections: 2, packets: 7, bytes: 700 },
  ])
})

test('what a connection has sent stays counted when its entry is gone', () => {
  const totals = openFlowTotals()
  listed(totals, [flow(1, 4)])
  listed(totals, [flow(1, 9, { ended: true })])
  expect(listed(totals, [])).toEqual([{ open: 0, connections: 1, packets: 9, bytes: 900 }])
  expect(listed(totals, [])).toEqual([{ open: 0, connections: 1, packets: 9, bytes: 900 }])
})

test('one that has ended and whose entry waits is counted, and is not open', () => {
  const totals = openFlowTotals()
  expect(listed(totals, [flow(1, 5, { ended: true })])).toEqual([
    { open: 0, connections: 1, packets: 5, bytes: 500 },
  ])
})

test('an entry that is listed twice is one', () => {
  const totals = openFlowTotals()
  expect(listed(totals, [flow(1, 5), flow(1, 6)])).toEqual([
    { open: 1, connections: 1, packets: 5, bytes: 500 },
  ])
})

test('an entry that has counted less than before is another one with the same id', () => {
  const totals = openFlowTotals()
  listed(totals, [flow(1, 5)])
  expect(listed(totals, [flow(1, 2)])).toMatchObject([{ connections: 2, packets: 7 }])
})

test('connections that nothing accounts are counted, and their packets are not', () => {
  const totals = openFlowTotals()
  expect(listed(totals, [flow(1), flow(2, 2)])).toEqual([{ open: 2, connections: 2, packets: 2, bytes: 200 }])
  expect(listed(totals, [flow(1), flow(2, 2)])).toMatchObject([{ connections: 2, packets: 2 }])
})

test('what leads elsewhere, or is not translated, is of no socket', () => {
  const elsewhere = { ...flow(1).reply, source: '172.17.0.2' }
  const entries = [flow(1, 5, { reply: elsewhere }), flow(2, 5, { destinationTranslated: false })]
  expect(listed(openFlowTotals(), entries)).toMatchObject([{ connections: 0, packets: 0 }])
})

test('a socket that was not asked for begins anew', () => {
  const totals = openFlowTotals()
  listed(totals, [flow(1, 5), flow(2, 5)])
  listed(totals, [flow(1, 6)], [])
  expect(listed(totals, [flow(1, 7)])).toEqual([{ open: 1, connections: 1, packets: 7, bytes: 700 }])
})

test('sums of any lists of a table never fall, and count each connection once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.tuple(fc.nat(5), fc.nat(3)), { maxLength: 8 }), { maxLength: 8 }),
      (steps) => {
        const totals = openFlowTotals()
        const sent = new Map<number, number>()
        let before = { connections: 0, packets: 0 }
        for (const step of steps) {
          for (const [id, packets] of step) sent.set(id, (sent.get(id) ?? 0) + packets)
          const [now = before] = listed(
            totals,
            [...sent].map(([id, packets]) => flow(id, packets)),
          )
          expect(now).toMatchObject({
            connections: sent.size,
            packets: [...sent.values()].reduce((sum, packets) => sum + packets, 0),
          })
          expect(now.packets).toBeGreaterThanOrEqual(before.packets)
          before = now
        }
      },
    ),
  )
})
