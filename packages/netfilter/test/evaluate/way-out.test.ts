import { describe, expect, test } from '@jest/globals'
import { evaluate, type HostFacts, type Packet } from '../../src/index.ts'
import { dnat, facts, nat, ruleset, table, tcpDport } from './model.ts'

/** A host that sends packets from br-web out by eth1, whatever their destination. */
const withSecondLine = (more: Partial<HostFacts> = {}): HostFacts => ({
  ...facts,
  routes: [
    { destination: '192.0.2.0/24', interface: 'eth0', table: 254 },
    { destination: '198.51.100.0/24', interface: 'eth1', table: 254 },
    { destination: '172.17.0.0/16', interface: 'br-web', table: 254 },
    { destination: '172.18.0.0/16', interface: 'br-db', table: 254 },
    { destination: 'default', interface: 'eth1', gateway: '198.51.100.9', table: 100 },
  ],
  rules: [{ priority: 9, in: 'br-web', table: 100 }],
  ...more,
})

const toNeighbour: Packet = {
  family: 'ip',
  in: 'br-web',
  source: '172.17.0.2',
  sourcePort: 40000,
  destination: '192.0.2.9',
  destinationPort: 443,
  protocol: 'tcp',
}

const withAddress = (name: string, ...addresses: readonly string[]): Partial<HostFacts> => ({
  interfaces: (facts.interfaces ?? []).map((link) =>
    link.name === name ? { ...link, addresses: [...(link.addresses ?? []), ...addresses] } : link,
  ),
})

describe('a packet that a routing rule leads to another interface than the one that its receiver is behind', () => {
  const possible = {
    outcome: 'forwarded',
    certainty: 'possible',
    at: { address: '192.0.2.9', interface: 'eth1' },
    alternatives: [
      {
        outcome: 'dropped',
        at: null,
        culprit: {
          tool: 'kernel',
          text: 'route default via 198.51.100.9 dev eth1 table 100 does not lead the packet to eth0, where its receiver is',
        },
      },
    ],
  }

  test('may come to a neighbour of that interface, by other routers', () => {
    expect(evaluate(toNeighbour, withSecondLine(), [])).toMatchObject(possible)
  })

  test('may come to the neighbour that a rule sends it to', () => {
    const sent = ruleset(table({}, nat('prerouting', -100, [tcpDport(8080), dnat('192.0.2.9', 443)])))
    const packet: Packet = { ...toNeighbour, destination: '203.0.113.7', destinationPort: 8080 }
    expect(evaluate(packet, withSecondLine(), sent)).toMatchObject(possible)
  })

  test.each([
    ['a receiver that is a neighbour of no interface', { destination: '203.0.113.9' }, {}],
    ['a receiver that both interfaces have as a neighbour', {}, withAddress('eth1', '192.0.2.3/24')],
    [
      'another interface that is down',
      {},
      {
        interfaces: (facts.interfaces ?? []).map((link) =>
          link.name === 'eth0' ? { ...link, up: false } : link,
        ),
      },
    ],
    // Such a packet is lost, and the search for conflicts sees that it leaves by a wrong interface.
    ['a container behind another bridge', { destination: '172.18.0.2' }, {}],
    [
      'a neighbour that the main table has a longer route for',
      {},
      {
        routes: [
          ...(withSecondLine().routes ?? []),
          { destination: '192.0.2.9', interface: 'eth1', gateway: '198.51.100.9', table: 254 },
        ],
        rules: [],
      },
    ],
    [
      'another VRF, which may have the same addresses',
      {},
      {
        interfaces: [
          ...(facts.interfaces ?? []).map((link) =>
            link.name === 'eth1' ? { ...link, master: 'red' } : link,
          ),
          { name: 'red', index: 9, up: true, kind: 'vrf' },
        ],
      },
    ],
  ] as const)('is not doubted for %s', (_, packet, more) => {
    expect(evaluate({ ...toNeighbour, ...packet }, withSecondLine(more), [])).toMatchObject({
      outcome: 'forwarded',
      certainty: 'certain',
    })
  })
})
