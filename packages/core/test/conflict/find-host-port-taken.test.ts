import { describe, expect, test } from '@jest/globals'
import type { HostFacts, SocketFact } from '@portolan/netfilter'
import { findHostPortTaken } from '../../src/conflict/index.ts'
import { type DesiredMapping, type Flow, reach } from '../../src/contract/index.ts'
import { desired, host, mapping, mapping6 } from '../contract/state.ts'

const facts = (...sockets: readonly SocketFact[]): HostFacts => ({
  interfaces: [
    { name: 'lo', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', addresses: ['192.0.2.2/24', 'fe80::2/64', '2001:db8::2/64'] },
  ],
  sockets,
})

const listener = (address: string, wish: Partial<SocketFact> = {}): SocketFact => ({
  protocol: 'tcp',
  address,
  port: 8080,
  process: 'caddy',
  ...wish,
})

const find = (published: DesiredMapping, ...sockets: readonly SocketFact[]) =>
  findHostPortTaken({ project: 'shop', mappings: [published] }, facts(...sockets))

test('what Podman keeps open for its own containers loses nothing', () => {
  const found = (project: string, process: string) =>
    findHostPortTaken({ project, mappings: [mapping()] }, facts(listener('0.0.0.0', { process })))
  expect(found('podman', 'conmon')).toEqual([])
  expect(found('podman', 'podman')).toEqual([])
  expect(found('podman', 'caddy')).toHaveLength(1)
  expect(found('shop', 'conmon')).toHaveLength(1)
})

describe('a listener loses its port to a mapping', () => {
  test.each<[string, DesiredMapping, SocketFact, string]>([
    ['on every address', mapping(), listener('0.0.0.0'), '127.0.0.1'],
    ['on one address', mapping(), listener('192.0.2.2'), '192.0.2.2'],
    ['on loopback', mapping(), listener('127.0.0.1'), '127.0.0.1'],
    ['on another loopback address', mapping(), listener('127.0.0.53'), '127.0.0.53'],
    ['of that address', mapping({ hostAddress: '192.0.2.2' }), listener('192.0.2.2'), '192.0.2.2'],
    ['of one of its addresses', mapping({ hostAddress: '192.0.2.2' }), listener('0.0.0.0'), '192.0.2.2'],
    ['on every IPv6 address, which takes IPv4 too', mapping(), listener('::'), '127.0.0.1'],
    ['on every IPv6 address', mapping6(), listener('::'), '2001:db8::2'],
    ['on every IPv6 address and no more', mapping6(), listener('::', { v6only: true }), '2001:db8::2'],
    ['on one IPv6 address', mapping6(), listener('2001:db8::2'), '2001:db8::2'],
    ['of UDP', mapping({ protocol: 'udp' }), listener('0.0.0.0', { protocol: 'udp' }), '127.0.0.1'],
    ['of SCTP', mapping({ protocol: 'sctp' }), listener('0.0.0.0', { protocol: 'sctp' }), '127.0.0.1'],
    [
      'of one interface: the host calls every mapping',
      mapping({ interface: 'eth1' }),
      listener('0.0.0.0'),
      '127.0.0.1',
    ],
    [
      'that lets in no machine from outside: the host calls it too',
      mapping({ allowFrom: [] }),
      listener('0.0.0.0'),
      '127.0.0.1',
    ],
  ])('%s', (_, published, socket, witness) => {
    const [conflict, ...more] = find(published, socket)
    expect(more).toEqual([])
    expect(conflict).toMatchObject({
      kind: 'HostPortTaken',
      severity: 'error',
      certainty: 'certain',
      mapping: published.label,
      network: null,
      witness: { in: null, destination: witness, destinationPort: 8080 },
      culprit: { tool: 'socket', owner: 'caddy' },
    })
    // The witness shows it: the listener answers now, while the contract names the container.
    if (conflict?.witness == null) throw new Error('no witness')
    const { destination, destinationPort } = conflict.witness
    const flow: Flow = {
      family: conflict.witness.family,
      protocol: published.protocol,
      from: { kind: 'host', address: null },
      to: { address: destination, port: destinationPort ?? 0 },
    }
    expect(reach(desired({ mappings: [published] }), flow, host).kind).toBe('delivered')
  })
})

describe('a listener keeps its port from a mapping', () => {
  test.each<[string, DesiredMapping, SocketFact]>([
    ['of another port', mapping({ hostPort: 8081 }), listener('0.0.0.0')],
    ['of another protocol', mapping({ protocol: 'udp' }), listener('0.0.0.0')],
    ['of another address', mapping({ hostAddress: '192.0.2.3' }), listener('192.0.2.2')],
    ['of another family', mapping6(), listener('0.0.0.0')],
    ['of another family, by address', mapping(), listener('2001:db8::2')],
    ['of IPv4, when it takes IPv6 alone', mapping(), listener('::', { v6only: true })],
    ['when it is on ::1, which is never translated', mapping6(), listener('::1')],
    ['that translates nothing', mapping({ kind: 'direct' }), listener('0.0.0.0')],
  ])('%s', (_, published, socket) => {
    expect(find(published, socket)).toEqual([])
  })
})

test('the text says what listens where, what would happen, and what to do', () => {
  expect(find(mapping(), listener('0.0.0.0'))[0]).toMatchObject({
    message:
      'caddy already listens on 0.0.0.0:8080/tcp. Once 0.0.0.0:8080/tcp -> nginx:80 is in force, clients on other machines and processes on this host that call it there reach the container instead: the mapping would take the port away from it.',
    culprit: { text: '0.0.0.0:8080/tcp' },
    remedy: { text: 'Publish on another host port or on another host address, or stop caddy first.' },
  })
  expect(find(mapping6(), listener('::'))[0]?.culprit?.text).toBe('[::]:8080/tcp')
})

test('a listener of which little is known is on every address, and a process', () => {
  const [conflict] = find(mapping(), { port: 8080 })
  expect(conflict?.message).toMatch(/^a process already listens on 0\.0\.0\.0:8080\/tcp\./)
  expect(conflict?.culprit).toMatchObject({ text: '0.0.0.0:8080/tcp', owner: null })
})

test('a mapping is reported once, whatever else listens', () => {
  expect(find(mapping(), listener('127.0.0.1'), listener('0.0.0.0'), listener('::'))).toHaveLength(1)
})

test('there is no witness in IPv6 where no address of the host is known: ::1 would show nothing', () => {
  const [conflict] = findHostPortTaken(
    { project: 'shop', mappings: [mapping6()] },
    { sockets: [listener('::')] },
  )
  expect(conflict).toMatchObject({ kind: 'HostPortTaken', witness: null })
})

describe('a UDP socket on a port that the kernel gives to clients', () => {
  const publishes = (protocol: 'tcp' | 'udp', port: number) =>
    mapping({ protocol, hostPort: port, label: `0.0.0.0:${port}/${protocol} -> nginx:80` })
  const opens = (protocol: 'tcp' | 'udp', port: number) => listener('0.0.0.0', { protocol, port })

  test.each<[string, 'tcp' | 'udp', number, string]>([
    ['is most likely a client, and a warning', 'udp', 40000, 'warning possible'],
    ['is so on the first port of the range', 'udp', 32768, 'warning possible'],
    ['is a listener outside the range', 'udp', 32767, 'error certain'],
    ['is none when it is TCP, where only listeners are listed', 'tcp', 40000, 'error certain'],
  ])('%s', (_, protocol, port, expected) => {
    const [conflict] = find(publishes(protocol, port), opens(protocol, port))
    expect(`${conflict?.severity} ${conflict?.certainty}`).toBe(expected)
  })

  test('is looked for in the range that this host has', () => {
    const sysctls = { 'net.ipv4.ip_local_port_range': '10000\t20000' }
    const at = (port: number) =>
      findHostPortTaken(
        { project: 'shop', mappings: [publishes('udp', port)] },
        { ...facts(opens('udp', port)), sysctls },
      )[0]?.severity
    expect([at(15000), at(40000)]).toEqual(['warning', 'error'])
  })
})

test('a listener on loopback is not said to lose other machines, which never reached it', () => {
  const message = (address: string) => find(mapping(), listener(address))[0]?.message
  expect(message('127.0.0.53')).not.toContain('clients on other machines')
  expect(message('192.0.2.2')).toContain('clients on other machines')
})
