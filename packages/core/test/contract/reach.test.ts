import { describe, expect, test } from '@jest/globals'
import { type DesiredState, type FlowSource, type Reach, reach } from '../../src/contract/index.ts'
import {
  container,
  desired,
  flow,
  host,
  machine,
  mapping,
  mapping6,
  network,
  process,
  target,
} from './state.ts'

/** An outcome in one line: `172.17.0.2:80 seen as own`, `dropped`, `outside as host`. */
const inWords = (outcome: Reach): string => {
  if (outcome.kind === 'outside') return `outside as ${outcome.seenAs}`
  if (outcome.kind !== 'delivered') return outcome.kind
  return `${outcome.to.map(({ address, port }) => `${address}:${port}`).join(' or ')} seen as ${outcome.seenAs}`
}

const ask = (from: FlowSource, to: string, port: number, state: DesiredState = desired()): string =>
  inWords(reach(state, flow(from, to, port), host))

const nginx = container('web', '172.17.0.2')
const sibling = container('web', '172.17.0.3')
const far = container('db', '172.18.0.3')
const nginx6 = container('web', 'fd00:17::2')
const sibling6 = container('web', 'fd00:17::3')
const far6 = container('db', 'fd00:18::3')

describe('a source of one of our subnets', () => {
  const forger = container('db', '172.17.0.3')
  test.each<[string, FlowSource, string, number, string]>([
    ['from a wire, to a port of that network', machine('172.17.0.3'), '192.0.2.2', 8080, 'dropped'],
    ['... of another', machine('172.18.0.3'), '192.0.2.2', 8080, 'dropped'],
    ['... in IPv6', machine('fd00:17::3'), '2001:db8::2', 8080, 'dropped'],
    ['... to another machine', machine('172.17.0.3'), '198.51.100.1', 80, 'dropped'],
    ['... to the host itself is not ours', machine('172.17.0.3'), '192.0.2.2', 22, 'local'],
    ['from another bridge, to a port', forger, '192.0.2.2', 8080, 'dropped'],
    ['... to another machine', forger, '198.51.100.1', 80, 'dropped'],
    ['... to the host itself is not ours', forger, '192.0.2.2', 22, 'local'],
  ])('%s', (_, from, to, port, expected) => {
    expect(ask(from, to, port)).toBe(expected)
  })
})

describe('a source of no network, from a container that routes for others', () => {
  const vpn = container('web', '10.8.0.5')
  test.each<[string, string, number, string]>([
    ['does not leave a masqueraded network', '198.51.100.1', 443, 'dropped'],
    ['is seen at a published port of its own network', '192.0.2.2', 8080, '172.17.0.2:80 seen as own'],
    ['reaches the host itself', '192.0.2.2', 22, 'local'],
  ])('%s', (_, to, port, expected) => {
    expect(ask(vpn, to, port)).toBe(expected)
  })
})

describe('a published port of a network in mode nat', () => {
  test.each<[string, FlowSource, string, number, string]>([
    ['another machine: its own address is seen', machine(), '192.0.2.2', 8080, '172.17.0.2:80 seen as own'],
    ['... by any address of the host', machine(), '203.0.113.2', 8080, '172.17.0.2:80 seen as own'],
    ['... by any interface', machine('10.9.9.9', 'eth7'), '192.0.2.2', 8080, '172.17.0.2:80 seen as own'],
    ['... by the gateway address of a bridge', machine(), '172.17.42.1', 8080, '172.17.0.2:80 seen as own'],
    ['a process on the host', process, '192.0.2.2', 8080, '172.17.0.2:80 seen as host'],
    ['... by loopback: the gateway is seen', process, '127.0.0.1', 8080, '172.17.0.2:80 seen as gateway'],
    ['... by any loopback address', process, '127.9.9.9', 8080, '172.17.0.2:80 seen as gateway'],
    ['the container itself (hairpin)', nginx, '192.0.2.2', 8080, '172.17.0.2:80 seen as gateway'],
    ['... by its gateway', nginx, '172.17.42.1', 8080, '172.17.0.2:80 seen as gateway'],
    ['a sibling on the bridge', sibling, '192.0.2.2', 8080, '172.17.0.2:80 seen as gateway'],
    ['a container on another bridge', far, '192.0.2.2', 8080, '172.17.0.2:80 seen as own'],
    ['another port of the host is not ours', machine(), '192.0.2.2', 8081, 'local'],
    ['the container port on the host is not ours', machine(), '192.0.2.2', 80, 'local'],
    ['another machine, IPv6', machine('2001:db8:9::9'), '2001:db8::2', 8080, '[6]:80 seen as own'],
    ['a process on the host, IPv6', process, '2001:db8::2', 8080, '[6]:80 seen as host'],
    ['hairpin, IPv6', nginx6, '2001:db8::2', 8080, '[6]:80 seen as gateway'],
    ['a sibling, IPv6', sibling6, '2001:db8::2', 8080, '[6]:80 seen as gateway'],
    ['another bridge, IPv6', far6, '2001:db8::2', 8080, '[6]:80 seen as own'],
    ['::1 cannot be translated off the host', process, '::1', 8080, 'local'],
    ['a link-local client is left to the host', machine('fe80::9'), '2001:db8::2', 8080, 'local'],
    ['... up to the end of fe80::/10', machine('febf::9'), '2001:db8::2', 8080, 'local'],
    ['... and no further', machine('fec0::9'), '2001:db8::2', 8080, '[6]:80 seen as own'],
  ])('%s', (_, from, to, port, expected) => {
    expect(ask(from, to, port)).toBe(expected.replace('[6]', 'fd00:17::2'))
  })

  test('is of its own protocol only', () => {
    const udp = { ...flow(machine(), '192.0.2.2', 8080), protocol: 'udp' as const }
    expect(reach(desired(), udp, host)).toEqual({ kind: 'local' })
    const published = desired({ mappings: [mapping({ protocol: 'udp' })] })
    expect(inWords(reach(published, udp, host))).toBe('172.17.0.2:80 seen as own')
    expect(ask(machine(), '192.0.2.2', 8080, published)).toBe('local')
  })

  test('of SCTP is one as any other', () => {
    const published = desired({ mappings: [mapping({ protocol: 'sctp' })] })
    const outcome = reach(published, flow(machine(), '192.0.2.2', 8080, 'sctp'), host)
    expect(inWords(outcome)).toBe('172.17.0.2:80 seen as own')
  })

  test('of one family says nothing of the other', () => {
    const published = desired({ mappings: [mapping()] })
    expect(ask(machine('2001:db8:9::9'), '2001:db8::2', 8080, published)).toBe('local')
  })

  test('a ping of the host is not a flow to a port', () => {
    const ping = flow(machine(), '192.0.2.2', 8080, 'echo-request')
    expect(reach(desired(), ping, host)).toEqual({ kind: 'local' })
  })

  test('names the mapping that delivers', () => {
    const [published] = desired().mappings
    expect(reach(desired(), flow(machine(), '192.0.2.2', 8080), host)).toMatchObject({ mapping: published })
  })

  test('with several targets goes to any of them', () => {
    const targets = [target({ weight: 3 }), target({ address: '172.17.0.3' })] as const
    expect(ask(machine(), '192.0.2.2', 8080, desired({ mappings: [mapping({ targets })] }))).toBe(
      '172.17.0.2:80 or 172.17.0.3:80 seen as own',
    )
  })
})

describe('a loopback address on the wire is dropped', () => {
  const loopbackOnly = desired({ mappings: [mapping({ hostAddress: '127.0.0.1' })] })
  test.each<[string, FlowSource, string, DesiredState]>([
    ['as destination, wildcard mapping', machine(), '127.0.0.1', desired()],
    ['as destination, loopback-bound mapping', machine(), '127.0.0.1', loopbackOnly],
    ['any of 127.0.0.0/8', machine(), '127.1.2.3', desired()],
    ['as source', machine('127.0.0.1'), '192.0.2.2', desired()],
    ['as source and destination', machine('127.0.0.1'), '127.0.0.1', loopbackOnly],
    ['from a container', sibling, '127.0.0.1', desired()],
    ['a container that fakes the source', container('web', '127.0.0.1'), '192.0.2.2', desired()],
    ['::1 as destination', machine('2001:db8:9::9'), '::1', desired()],
    ['::1 as source', machine('::1'), '2001:db8::2', desired()],
  ])('%s', (_, from, to, state) => {
    expect(ask(from, to, 8080, state)).toBe('dropped')
  })
})

describe('a container by its own address in mode nat', () => {
  test.each<[string, FlowSource, string, number, string]>([
    ['another machine, a published port', machine(), '172.17.0.2', 80, 'dropped'],
    ['another machine, any other port', machine(), '172.17.0.2', 9999, 'dropped'],
    [
      'an address of the subnet that comes in from outside',
      machine('172.17.0.9'),
      '172.17.0.2',
      80,
      'dropped',
    ],
    ['a process on the host, any port', process, '172.17.0.2', 9999, '172.17.0.2:9999 seen as gateway'],
    ['a sibling', sibling, '172.17.0.2', 9999, '172.17.0.2:9999 seen as own'],
    ['a container on another bridge', far, '172.17.0.2', 80, 'dropped'],
    ['another machine, IPv6', machine('2001:db8:9::9'), 'fd00:17::2', 80, 'dropped'],
    ['a process on the host, IPv6', process, 'fd00:17::2', 9999, 'fd00:17::2:9999 seen as gateway'],
    ['a sibling, IPv6', sibling6, 'fd00:17::2', 9999, 'fd00:17::2:9999 seen as own'],
    ['a container on another bridge, IPv6', far6, 'fd00:17::2', 80, 'dropped'],
  ])('%s', (_, from, to, port, expected) => {
    expect(ask(from, to, port)).toBe(expected)
  })

  test('is not pinged from another machine', () => {
    const ping = flow(machine(), '172.17.0.2', 0, 'echo-request')
    expect(inWords(reach(desired(), ping, host))).toBe('dropped')
  })

  test('with icc off a sibling is dropped, and still gets in by the host port', () => {
    const state = desired({ networks: [network('web', { icc: false })] })
    expect(ask(sibling, '172.17.0.2', 80, state)).toBe('dropped')
    expect(ask(sibling6, 'fd00:17::2', 80, state)).toBe('dropped')
    expect(ask(sibling, '192.0.2.2', 8080, state)).toBe('172.17.0.2:80 seen as gateway')
    expect(ask(process, '172.17.0.2', 80, state)).toBe('172.17.0.2:80 seen as gateway')
  })
})

describe('what leaves for the outside', () => {
  const internal = desired({ networks: [network('web', { internal: true, subnet: { masquerade: false } })] })
  const bare = desired({ networks: [network('web', { subnet: { masquerade: false } })] })
  test.each<[string, FlowSource, string, DesiredState, string]>([
    ['is masqueraded', nginx, '198.51.100.9', desired(), 'outside as host'],
    ['is masqueraded in IPv6', nginx6, '2001:db8:9::9', desired(), 'outside as host'],
    ['is not, with masquerade off', nginx, '198.51.100.9', bare, 'outside as own'],
    ['is not, with masquerade off, in IPv6', nginx6, '2001:db8:9::9', bare, 'outside as own'],
    ['is dropped from an internal network', nginx, '198.51.100.9', internal, 'dropped'],
    ['is dropped from an internal network in IPv6', nginx6, '2001:db8:9::9', internal, 'dropped'],
    ['from the host is not ours', process, '198.51.100.9', desired(), 'foreign'],
    ['between other machines is not ours', machine(), '10.9.9.9', desired(), 'foreign'],
    [
      '... unless forwarding is guarded',
      machine(),
      '10.9.9.9',
      desired({ guardForwarding: true }),
      'dropped',
    ],
    [
      'a guard leaves containers alone',
      nginx,
      '198.51.100.9',
      desired({ guardForwarding: true }),
      'outside as host',
    ],
    ['a guard leaves the host alone', process, '198.51.100.9', desired({ guardForwarding: true }), 'foreign'],
  ])('%s', (_, from, to, state, expected) => {
    expect(ask(from, to, 443, state)).toBe(expected)
  })

  test.each<[string, FlowSource, string, DesiredState, string]>([
    ["to another engine's container is not ours", nginx, '172.30.0.2', desired(), 'foreign'],
    ['... in IPv6', nginx6, 'fd00:30::2', desired(), 'foreign'],
    ['... and dropped from an internal network', nginx, '172.30.0.2', internal, 'dropped'],
    ['to its neighbours is ours', nginx, '172.31.0.2', desired(), 'outside as host'],
  ])('%s', (_, from, to, state, expected) => {
    const engines = ['172.30.0.0/16', 'fd00:30::/64']
    expect(inWords(reach(state, flow(from, to, 443), { ...host, engines }))).toBe(expected)
  })

  test('a guard leaves published ports alone', () => {
    const guarded = desired({ guardForwarding: true, mappings: [mapping(), mapping6()] })
    expect(ask(machine(), '192.0.2.2', 8080, guarded)).toBe('172.17.0.2:80 seen as own')
    expect(ask(far, '192.0.2.2', 8080, guarded)).toBe('172.17.0.2:80 seen as own')
  })
})
