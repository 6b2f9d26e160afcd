import { expect, test } from '@jest/globals'
import { placesIn, put, type Step } from '../../../../test/lab/places-in.ts'
import { evaluate, type HostFacts, type Packet, PortolanError } from '../../src/index.ts'

const facts: Required<HostFacts> = {
  interfaces: [
    {
      ...{
        name: 'eth0',
        index: 2,
        up: true,
        kind: 'ether',
        master: null,
        mtu: 1500,
        mac: '02:00:00:00:00:01',
      },
      ...{ hairpin: false, isolated: false, nfCallIptables: true, nfCallIp6tables: true, alias: '' },
      addresses: ['192.0.2.2/24', '2001:db8::2/64'],
      peers: [{ address: '192.0.2.2', peer: '192.0.2.3/32' }],
      inside: { mac: '02:00:00:00:00:02', addresses: ['10.0.0.2/24'] },
      autoconfigured: false,
    },
  ],
  routes: [
    {
      ...{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0', table: 254, type: 'unicast' },
      ...{ scope: 'universe', metric: 100, tos: 0, source: '192.0.2.2', protocol: 'ra' },
    },
  ],
  rules: [
    {
      ...{
        family: 'ip',
        priority: 9,
        table: 100,
        from: '10.0.0.0/8',
        to: '10.0.0.0/8',
        in: 'eth0',
        out: null,
      },
      ...{ mark: 2, mask: 15, action: 'lookup', invert: false, suppressPrefixLength: 0, gotoPriority: 10 },
      ...{ protocol: 6, sourcePorts: { first: 1, last: 9 }, destinationPorts: { first: 1, last: 9 } },
      ...{ users: { first: 0, last: 0 }, dscp: 0, other: ['l3mdev'] },
    },
  ],
  neighbours: [{ address: '192.0.2.1', interface: 'eth0', state: 'reachable' }],
  nameservers: ['192.0.2.1'],
  sockets: [{ protocol: 'tcp', address: '::', port: 22, process: 'sshd', v6only: false, interface: null }],
  flows: [
    {
      ...{ protocol: 'tcp', source: '192.0.2.9', sourcePort: 40000, destination: '192.0.2.2' },
      ...{ destinationPort: 80, answeredBy: { address: '10.0.0.2', port: 80 } },
    },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1' },
  networks: [
    {
      ...{ engine: 'podman', name: 'podman', subnets: ['10.88.0.0/16'], bridge: 'podman0' },
      ...{ gateways: ['10.88.0.1'], ranges: ['10.88.0.0/17'], file: 'podman.json' },
      used: [{ address: '10.88.0.2', by: 'web' }],
      own: { project: 'shop', network: 'web' },
    },
  ],
  enginePools: [{ engine: 'docker', base: '10.0.0.0/8', size: 24, file: 'daemon.json' }],
  machineId: 'c0ffee',
  unread: [],
}
const packet: Packet = {
  ...{ family: 'ip', in: 'eth0', source: '198.51.100.7', destination: '192.0.2.2', protocol: 'tcp' },
}

const others: readonly unknown[] = [7, -1, Number.NaN, 'x', '', true, null, {}, [], [7], { name: 7 }]

const told = (given: unknown): unknown => {
  try {
    return evaluate(packet, given as HostFacts, []).outcome
  } catch (error) {
    return error
  }
}

test('facts are taken as they are', () => {
  expect(told(facts)).toBe('local')
})

test('a value of another kind is refused with its place, or taken, wherever it is', () => {
  const ended = placesIn(facts).flatMap((place) =>
    others.flatMap((value) => {
      const found = told(put(facts, place, value))
      return typeof found === 'string' || found instanceof PortolanError ? [] : [{ place, value, found }]
    }),
  )
  expect(ended).toEqual([])
})

test.each<[readonly Step[], unknown, string]>([
  [['interfaces', 0, 'name'], 7, 'interfaces[0].name in the facts is 7: expected a text.'],
  [['interfaces', 0, 'addresses'], 7, 'interfaces[0].addresses in the facts is 7: expected a list of texts.'],
  [['routes', 0, 'gateway'], 7, 'routes[0].gateway in the facts is 7: expected a text, or null.'],
  [['rules', 0, 'mark'], null, 'rules[0].mark in the facts is null: expected a whole number.'],
  [['rules', 0, 'users', 'last'], 'x', 'rules[0].users in the facts is {"first":0,"last":"x"}'],
  [['networks', 0, 'subnets'], ['10.0.0.0/8', 7], 'networks[0].subnets in the facts is ["10.0.0.0/8",7]'],
])('%j that is %j is named', (place, value, words) => {
  expect(told(put(facts, place, value))).toMatchObject({
    code: 'INVALID_REQUEST',
    message: expect.stringContaining(words),
  })
})

test.each(Object.keys(facts.routes[0] ?? {}))('a route is held to its types, %s too', (key) => {
  expect(told(put(facts, ['routes', 0, key], {}))).toMatchObject({ code: 'INVALID_REQUEST' })
})

test('a list that was looked at is looked at again when it is longer, or stands for something else', () => {
  const list: unknown[] = [{ interface: 'eth0', state: 'stale' }]
  expect(told({ ...facts, neighbours: list })).toBe('local')
  expect(told({ ...facts, nameservers: list })).toMatchObject({ code: 'INVALID_REQUEST' })
  list.push(null)
  expect(told({ ...facts, neighbours: list })).toMatchObject({ code: 'INVALID_REQUEST' })
})
