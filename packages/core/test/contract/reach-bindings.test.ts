import { describe, expect, test } from '@jest/globals'
import { type DesiredMapping, type FlowSource, type Reach, reach } from '../../src/contract/index.ts'
import { container, desired, flow, host, machine, mapping, mapping6, process, target } from './state.ts'

const inWords = (outcome: Reach): string =>
  outcome.kind === 'delivered' ? outcome.to.map(({ address }) => address).join(' or ') : outcome.kind

const ask = (mappings: readonly DesiredMapping[], from: FlowSource, to: string): string =>
  inWords(reach(desired({ mappings }), flow(from, to, 8080), host))

const specific = mapping({ hostAddress: '192.0.2.2', targets: [target({ address: '172.17.0.9' })] })
const wildcard = mapping()
const far = container('db', '172.18.0.3')

describe('a mapping of one host address', () => {
  test.each<[string, FlowSource, string, string]>([
    ['answers on it', machine(), '192.0.2.2', '172.17.0.9'],
    ['answers the host on it', process, '192.0.2.2', '172.17.0.9'],
    ['answers a container on it', far, '192.0.2.2', '172.17.0.9'],
    ['does not answer on another address', machine(), '203.0.113.2', 'local'],
    ['does not answer on loopback', process, '127.0.0.1', 'local'],
    ['does not answer on a gateway', far, '172.18.0.1', 'local'],
  ])('%s', (_, from, to, expected) => {
    expect(ask([specific], from, to)).toBe(expected)
  })

  test.each<[string, readonly DesiredMapping[]]>([
    ['before', [specific, wildcard]],
    ['after', [wildcard, specific]],
  ])('wins over a wildcard that stands %s it, on its own address only', (_, mappings) => {
    expect(ask(mappings, machine(), '192.0.2.2')).toBe('172.17.0.9')
    expect(ask(mappings, machine(), '203.0.113.2')).toBe('172.17.0.2')
    expect(ask(mappings, process, '127.0.0.1')).toBe('172.17.0.2')
  })

  test('that refuses a client does not hand it on to the wildcard', () => {
    expect(ask([{ ...specific, allowFrom: [] }, wildcard], machine(), '192.0.2.2')).toBe('dropped')
  })

  test('of IPv6 answers on it alone', () => {
    const mappings = [mapping6({ hostAddress: '2001:db8::2' })]
    expect(ask(mappings, machine('2001:db8:9::9'), '2001:db8::2')).toBe('fd00:17::2')
    expect(ask(mappings, machine('2001:db8:9::9'), 'fd00:17::1')).toBe('local')
  })
})

describe('a mapping bound to loopback', () => {
  const loopback = [mapping({ hostAddress: '127.0.0.1' })]
  test.each<[string, FlowSource, string, string]>([
    ['answers the host there', process, '127.0.0.1', '172.17.0.2'],
    ['is of that address alone', process, '127.0.0.2', 'local'],
    ['does not answer on other addresses', process, '192.0.2.2', 'local'],
    ['is not there for other machines', machine(), '192.0.2.2', 'local'],
    ['is not there for a neighbour that puts 127.0.0.1 on the wire', machine(), '127.0.0.1', 'dropped'],
    ['is not there for containers', far, '172.18.0.1', 'local'],
  ])('%s', (_, from, to, expected) => {
    expect(ask(loopback, from, to)).toBe(expected)
  })
})

describe('allow_from', () => {
  const picky = [mapping({ allowFrom: ['198.51.100.0/24', '203.0.113.7/32'] })]
  test.each<[string, FlowSource, string]>([
    ['lets in a machine inside', machine('198.51.100.9'), '172.17.0.2'],
    ['lets in the first address of a prefix', machine('198.51.100.0'), '172.17.0.2'],
    ['lets in the last address of a prefix', machine('198.51.100.255'), '172.17.0.2'],
    ['lets in a machine of the second prefix', machine('203.0.113.7'), '172.17.0.2'],
    ['drops the neighbour of that', machine('203.0.113.8'), 'dropped'],
    ['drops a machine outside', machine('10.9.9.9'), 'dropped'],
    ['does not bind the host', process, '172.17.0.2'],
    ['does not bind its containers', container('web', '172.17.0.2'), '172.17.0.2'],
    ['does not bind containers on other bridges', far, '172.17.0.2'],
  ])('%s', (_, from, expected) => {
    expect(ask(picky, from, '192.0.2.2')).toBe(expected)
  })

  test('that is empty closes the family to other machines', () => {
    const closed = [mapping({ allowFrom: [] }), mapping6({ allowFrom: ['2001:db8:9::/48'] })]
    expect(ask(closed, machine(), '192.0.2.2')).toBe('dropped')
    expect(ask(closed, process, '127.0.0.1')).toBe('172.17.0.2')
    expect(ask(closed, machine('2001:db8:9::9'), '2001:db8::2')).toBe('fd00:17::2')
    expect(ask(closed, machine('2001:db8:8::9'), '2001:db8::2')).toBe('dropped')
  })
})

describe('a mapping of one interface', () => {
  const bound = mapping({ interface: 'eth1', targets: [target({ address: '172.17.0.9' })] })
  test.each<[string, FlowSource, string]>([
    ['answers machines that come in by it', machine('198.51.100.9', 'eth1'), '172.17.0.9'],
    ['leaves those of another to the host', machine('198.51.100.9', 'eth0'), 'local'],
    ['answers the host', process, '172.17.0.9'],
    ['answers containers', far, '172.17.0.9'],
  ])('%s', (_, from, expected) => {
    expect(ask([bound], from, '192.0.2.2')).toBe(expected)
  })

  test('shares a port with the one of another interface', () => {
    const two = [bound, mapping({ interface: 'eth0' })]
    expect(ask(two, machine('198.51.100.9', 'eth1'), '192.0.2.2')).toBe('172.17.0.9')
    expect(ask(two, machine('198.51.100.9', 'eth0'), '192.0.2.2')).toBe('172.17.0.2')
    expect(ask(two, machine('198.51.100.9', 'eth2'), '192.0.2.2')).toBe('local')
  })

  test('wins over one that has none', () => {
    const two = [wildcard, bound]
    expect(ask(two, machine('198.51.100.9', 'eth1'), '192.0.2.2')).toBe('172.17.0.9')
    expect(ask(two, machine('198.51.100.9', 'eth0'), '192.0.2.2')).toBe('172.17.0.2')
  })

  test('and with allow_from asks both', () => {
    const both = [{ ...bound, allowFrom: ['198.51.100.0/24'] }]
    expect(ask(both, machine('198.51.100.9', 'eth1'), '192.0.2.2')).toBe('172.17.0.9')
    expect(ask(both, machine('10.9.9.9', 'eth1'), '192.0.2.2')).toBe('dropped')
    expect(ask(both, machine('198.51.100.9', 'eth0'), '192.0.2.2')).toBe('local')
  })
})
