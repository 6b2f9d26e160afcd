import { describe, expect, test } from '@jest/globals'
import { type DesiredState, type Flow, type FlowSource, type Reach, reach } from '../../src/contract/index.ts'
import { container, desired, flow, host, machine, mapping, network, process, target } from './state.ts'

const inWords = (outcome: Reach): string =>
  outcome.kind === 'delivered' ? `delivered, ${outcome.seenAs}` : outcome.kind

const ask = (
  state: DesiredState,
  from: FlowSource,
  to: string,
  port: number,
  protocol: Flow['protocol'] = 'tcp',
): string => inWords(reach(state, flow(from, to, port, protocol), host))

const far = container('db', '172.18.0.3')
const sibling = container('web', '172.17.0.3')
const direct = mapping({ kind: 'direct', hostPort: 80, label: '172.17.0.2:80/tcp -> nginx:80' })

describe('mode routed', () => {
  const state = desired({
    networks: [network('web', { subnet: { mode: 'routed', masquerade: false } }), network('db')],
    mappings: [
      direct,
      mapping({
        kind: 'direct',
        family: 'ip6',
        hostPort: 80,
        targets: [target({ address: 'fd00:17::2' })],
      }),
    ],
  })
  test.each<[string, FlowSource, string, number, Flow['protocol'], string]>([
    ['a published port from another machine', machine(), '172.17.0.2', 80, 'tcp', 'delivered, own'],
    ['... in IPv6', machine('2001:db8:9::9'), 'fd00:17::2', 80, 'tcp', 'delivered, own'],
    ['another port', machine(), '172.17.0.2', 81, 'tcp', 'dropped'],
    ['another container', machine(), '172.17.0.3', 80, 'tcp', 'dropped'],
    ['another protocol', machine(), '172.17.0.2', 80, 'udp', 'dropped'],
    ['a ping', machine(), '172.17.0.2', 0, 'echo-request', 'delivered, own'],
    [
      'a ping of a container that publishes nothing',
      machine(),
      '172.17.0.3',
      0,
      'echo-request',
      'delivered, own',
    ],
    ['a published port from another bridge', far, '172.17.0.2', 80, 'tcp', 'delivered, own'],
    ['another port from another bridge', far, '172.17.0.2', 81, 'tcp', 'dropped'],
    ['a ping from another bridge', far, '172.17.0.2', 0, 'echo-request', 'dropped'],
    ['any port from a sibling', sibling, '172.17.0.2', 9999, 'tcp', 'delivered, own'],
    ['any port from the host', process, '172.17.0.2', 9999, 'tcp', 'delivered, gateway'],
    ['the host is not published on', machine(), '192.0.2.2', 80, 'tcp', 'local'],
    ['what leaves keeps its source', container('web', '172.17.0.2'), '198.51.100.9', 443, 'tcp', 'outside'],
  ])('%s', (_, from, to, port, protocol, expected) => {
    expect(ask(state, from, to, port, protocol)).toBe(expected)
  })

  test('what leaves is not masqueraded', () => {
    const outcome = reach(state, flow(container('web', '172.17.0.2'), '198.51.100.9', 443), host)
    expect(outcome).toEqual({ kind: 'outside', seenAs: 'own' })
  })

  test('allow_from binds other machines, not other bridges nor pings', () => {
    const picky = desired({ ...state, mappings: [{ ...direct, allowFrom: ['198.51.100.0/24'] }] })
    expect(ask(picky, machine('198.51.100.9'), '172.17.0.2', 80)).toBe('delivered, own')
    expect(ask(picky, machine('203.0.113.9'), '172.17.0.2', 80)).toBe('dropped')
    expect(ask(picky, far, '172.17.0.2', 80)).toBe('delivered, own')
    expect(ask(picky, machine('203.0.113.9'), '172.17.0.2', 0, 'echo-request')).toBe('delivered, own')
  })

  test('an interface binds other machines, not other bridges', () => {
    const bound = desired({ ...state, mappings: [{ ...direct, interface: 'eth1' }] })
    expect(ask(bound, machine('198.51.100.9', 'eth1'), '172.17.0.2', 80)).toBe('delivered, own')
    expect(ask(bound, machine('198.51.100.9', 'eth0'), '172.17.0.2', 80)).toBe('dropped')
    expect(ask(bound, far, '172.17.0.2', 80)).toBe('delivered, own')
  })

  test('in one family leaves the other in its own mode', () => {
    const nat = network('web')
    const mixed = desired({
      networks: [{ ...nat, ip6: nat.ip6 && { ...nat.ip6, mode: 'routed', masquerade: false } }],
      mappings: state.mappings,
    })
    expect(ask(mixed, machine(), '172.17.0.2', 80)).toBe('dropped')
    expect(ask(mixed, machine('2001:db8:9::9'), 'fd00:17::2', 80)).toBe('delivered, own')
  })
})

describe('mode nat-unprotected', () => {
  const state = desired({
    networks: [network('web', { subnet: { mode: 'nat-unprotected' } }), network('db')],
  })
  test.each<[string, FlowSource, string, number, Flow['protocol'], string]>([
    ['a published host port, as in nat', machine(), '192.0.2.2', 8080, 'tcp', 'delivered, own'],
    ['every container port from another machine', machine(), '172.17.0.2', 9999, 'tcp', 'delivered, own'],
    ['every container port in IPv6', machine('2001:db8:9::9'), 'fd00:17::2', 9999, 'udp', 'delivered, own'],
    ['a ping', machine(), '172.17.0.2', 0, 'echo-request', 'delivered, own'],
    ['every container port from another bridge', far, '172.17.0.2', 9999, 'tcp', 'delivered, own'],
    ['only its own network is open', machine(), '172.18.0.3', 9999, 'tcp', 'dropped'],
    ['what leaves is masqueraded', container('web', '172.17.0.2'), '198.51.100.9', 443, 'tcp', 'outside'],
  ])('%s', (_, from, to, port, protocol, expected) => {
    expect(ask(state, from, to, port, protocol)).toBe(expected)
  })
})

describe('an internal network', () => {
  test.each(['nat', 'routed', 'nat-unprotected'] as const)(
    'of mode %s keeps other machines and bridges out',
    (mode) => {
      const state = desired({
        networks: [network('web', { internal: true, subnet: { mode, masquerade: false } }), network('db')],
        mappings: [direct],
      })
      expect(ask(state, machine(), '172.17.0.2', 80)).toBe('dropped')
      expect(ask(state, machine(), '172.17.0.2', 0, 'echo-request')).toBe('dropped')
      if (mode !== 'routed') expect(ask(state, far, '172.17.0.2', 80)).toBe('dropped')
    },
  )

  test('lets its containers talk to each other and to the host', () => {
    const state = desired({ networks: [network('web', { internal: true })] })
    expect(ask(state, sibling, '172.17.0.2', 80)).toBe('delivered, own')
    expect(ask(state, process, '172.17.0.2', 80)).toBe('delivered, gateway')
  })

  test('still gets at what the host publishes for others', () => {
    const state = desired({ networks: [network('web'), network('db', { internal: true })] })
    expect(ask(state, far, '192.0.2.2', 8080)).toBe('delivered, own')
  })
})

describe('mode isolated', () => {
  const state = desired({
    networks: [
      network('web', { internal: true, subnet: { mode: 'isolated', gateway: null, masquerade: false } }),
      network('db'),
    ],
    mappings: [],
  })
  test.each<[string, FlowSource, string, string]>([
    ['containers talk to each other', sibling, '172.17.0.2', 'delivered, own'],
    ['the host has no way in', process, '172.17.0.2', 'foreign'],
    ['other machines are dropped', machine(), '172.17.0.2', 'dropped'],
    ['other bridges are dropped', far, '172.17.0.2', 'dropped'],
    ['nothing leaves', sibling, '198.51.100.9', 'dropped'],
  ])('%s', (_, from, to, expected) => {
    expect(ask(state, from, to, 80)).toBe(expected)
  })
})
