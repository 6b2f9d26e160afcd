import { describe, expect, test } from '@jest/globals'
import {
  evaluate,
  type HostFacts,
  type InterfaceFact,
  type NetfilterRuleset,
  type Packet,
} from '../../src/index.ts'
import { base, dnat, drop, facts, fromLan, nat, oif, ruleset, table, tcpDport } from './model.ts'

const published = ruleset(table({}, nat('prerouting', -100, [tcpDport(8080), dnat('172.17.0.2', 80)])))

/** A host that sends packets from br-web out by eth1, whatever their destination. */
const withSecondLine = (...more: readonly InterfaceFact[]): HostFacts => ({
  ...facts,
  interfaces: [...(facts.interfaces ?? []), ...more],
  routes: [
    { destination: '192.0.2.0/24', interface: 'eth0', table: 254 },
    { destination: '198.51.100.0/24', interface: 'eth1', table: 254 },
    { destination: '172.17.0.0/16', interface: 'br-web', table: 254 },
    { destination: '172.18.0.0/16', interface: 'br-db', table: 254 },
    { destination: 'default', interface: 'eth1', gateway: '198.51.100.9', table: 100 },
  ],
  rules: [{ priority: 9, in: 'br-web', table: 100 }],
})
const fromContainer: Packet = { ...fromLan, in: 'br-db', source: '172.18.0.2' }

describe('an answer that leaves by another interface than the one that its receiver is behind', () => {
  test('never comes to a container, which its bridge alone leads to', () => {
    expect(evaluate(fromContainer, withSecondLine(), published)).toMatchObject({
      outcome: 'dropped',
      certainty: 'certain',
      at: { address: '172.17.0.2', interface: 'br-web' },
      culprit: {
        text: 'route default via 198.51.100.9 dev eth1 table 100 does not lead the answer to br-db, where its receiver is',
      },
    })
  })

  test('may come to another machine, by other routers', () => {
    const open = {
      outcome: 'forwarded',
      certainty: 'possible',
      alternatives: [{ outcome: 'dropped', culprit: { tool: 'kernel' } }],
    }
    const lost =
      'route default via 198.51.100.9 dev eth1 table 100 does not lead the answer to eth0, where its receiver is'
    const told = evaluate(fromLan, withSecondLine(), published)
    expect(told).toMatchObject(open)
    expect(told.alternatives[0]?.culprit?.text).toBe(lost)
    const plugged = withSecondLine({ name: 'eth2', index: 9, up: true, kind: 'ether', master: 'br-db' })
    expect(evaluate(fromContainer, plugged, published)).toMatchObject(open)
  })

  test.each([
    ['a default route', 'default', 254],
    ['a default route of another table', 'default', 101],
    ['half of one', '128.0.0.0/1', 254],
  ])('may come to a neighbour behind a bridge that has %s', (_, destination, table) => {
    const { routes = [], ...line } = withSecondLine()
    const led = (gateway: string | null): HostFacts => ({
      ...line,
      routes: [...routes, { destination, interface: 'br-db', gateway, table }],
    })
    expect(evaluate(fromContainer, led('172.18.0.9'), published)).toMatchObject({
      outcome: 'forwarded',
      certainty: 'possible',
    })
    expect(evaluate(fromContainer, led(null), published)).toMatchObject({
      outcome: 'dropped',
      certainty: 'certain',
    })
  })

  test('comes to a machine that both interfaces have as a neighbour, or that is no neighbour', () => {
    const { interfaces = [], ...rest } = withSecondLine()
    const twice = {
      ...rest,
      interfaces: interfaces.map((link) =>
        link.name === 'eth1' ? { ...link, addresses: [...(link.addresses ?? []), '192.0.2.3/24'] } : link,
      ),
    }
    for (const [packet, host] of [
      [fromLan, twice],
      [{ ...fromLan, source: '203.0.113.9' }, withSecondLine()],
    ] as const)
      expect(evaluate(packet, host, published)).toMatchObject({ outcome: 'forwarded', certainty: 'certain' })
  })

  test('may come to a sender that has its address from elsewhere', () => {
    const guest: Packet = { ...fromContainer, source: '203.0.113.9' }
    expect(evaluate(guest, withSecondLine(), published).outcome).toBe('forwarded')
  })

  test.each(['macvlan', 'ipvlan', 'vrf'])(
    'may come back by a %s above the bridge, without a router',
    (kind) => {
      const lined = withSecondLine({ name: 'above', index: 9, up: true, kind })
      const led = (gateway?: string): HostFacts => ({
        ...lined,
        routes: [
          ...(lined.routes ?? []),
          {
            ...{ destination: '172.18.0.2', interface: 'above', table: 254 },
            ...(gateway === undefined ? {} : { gateway }),
          },
        ],
        rules: [],
      })
      expect(evaluate(fromContainer, led(), published).outcome).toBe('forwarded')
      expect(evaluate(fromContainer, led('198.51.100.9'), published).outcome).toBe('dropped')
    },
  )

  test('comes back to a link-local address by the interface that was asked, whose route is not the first', () => {
    const twoLinks: HostFacts = {
      interfaces: [
        { name: 'eth0', index: 2, up: true, kind: 'ether', addresses: ['fe80::1/64'] },
        { name: 'br-db', index: 3, up: true, kind: 'bridge', addresses: ['fe80::2/64', 'fd00:2::1/64'] },
      ],
    }
    const blocking = (name: string): NetfilterRuleset =>
      ruleset(table({}, base('output', 0, {}, [oif(name), drop])))
    for (const destination of ['fe80::2', 'fd00:2::1']) {
      const packet: Packet = { ...fromContainer, family: 'ip6', source: 'fe80::99', destination }
      expect(evaluate(packet, twoLinks, blocking('eth0')).outcome).toBe('local')
      expect(evaluate(packet, twoLinks, blocking('br-db')).outcome).toBe('dropped')
    }
  })

  test('comes back by the bridge with a port of the host plugged into it', () => {
    const port = { name: 've1', index: 9, up: true, kind: 'veth', master: 'br-db' }
    expect(evaluate(fromContainer, withSecondLine(port), published).outcome).toBe('dropped')
    expect(evaluate(fromContainer, { ...withSecondLine(port), rules: [] }, published).outcome).toBe(
      'forwarded',
    )
  })
})
