import { describe, expect, test } from '@jest/globals'
import { evaluate, type HostFacts, type Packet } from '../../src/index.ts'
import { dnat, facts, fromLan, nat, ruleset, table } from './model.ts'
import { away, local, through, wayOf, withRoutes } from './routes-of-a-host.ts'

describe('routing', () => {
  test('addresses imply local and on-link routes where none are given', () => {
    expect(evaluate({ ...fromLan, destination: '172.18.0.9' }, facts, []).at?.interface).toBe('br-db')
    expect(evaluate(away, facts, [])).toMatchObject({ outcome: 'unrouted', at: null })
  })

  test('the answer to hand-written facts leaves by the way the question came', () => {
    expect(evaluate({ ...fromLan, source: '8.8.8.8' }, facts, []).outcome).toBe('local')
    expect(evaluate({ ...fromLan, source: '8.8.8.8', destination: '172.17.0.2' }, facts, []).outcome).toBe(
      'forwarded',
    )
  })

  test('an address stays local while its interface is down, as 127.0.0.1 does with lo', () => {
    const down = (name: string): HostFacts => {
      const host = withRoutes({
        ...{ destination: '127.0.0.0/8', interface: 'lo', table: 255, type: 'local', scope: 'host' },
        source: '127.0.0.1',
      })
      const interfaces = (host.interfaces ?? []).map((link) =>
        link.name === name ? { ...link, up: false } : link,
      )
      return { ...host, interfaces }
    }
    const toItself: Packet = { ...fromLan, in: null, source: null, destination: '127.0.0.1' }
    expect(evaluate(toItself, down('lo'), [])).toMatchObject({
      ...{ outcome: 'local', seenAs: { source: '127.0.0.1' } },
    })
    const second = withRoutes({ ...local, interface: 'eth1', destination: '203.0.113.2/32' })
    const interfaces = (second.interfaces ?? []).map((link) =>
      link.name === 'eth1' ? { ...link, up: false } : link,
    )
    expect(evaluate({ ...away, destination: '203.0.113.2' }, { ...second, interfaces }, []).outcome).toBe(
      'local',
    )
  })

  test('a kernel’s own routes are taken at their word', () => {
    expect(evaluate({ ...fromLan, source: '8.8.8.8' }, withRoutes(), []).outcome).toBe('unrouted')
    expect(evaluate({ ...fromLan, source: '8.8.8.8' }, withRoutes(through('default')), []).outcome).toBe(
      'local',
    )
  })

  test('the longest prefix wins, then the lowest metric', () => {
    expect(wayOf(withRoutes(through('default', { interface: 'wg0' }), through('203.0.113.0/24')))).toBe(
      'eth1',
    )
    expect(
      wayOf(
        withRoutes(through('default', { interface: 'wg0', metric: 50 }), through('default', { metric: 10 })),
      ),
    ).toBe('eth1')
  })

  test('interfaces that are down lead nowhere', () => {
    const host = withRoutes(
      through('default', { metric: 9 }),
      through('203.0.113.0/24', { interface: 'eth9' }),
    )
    expect(wayOf({ ...host, interfaces: [...(host.interfaces ?? []), { name: 'eth9', up: false }] })).toBe(
      'eth1',
    )
  })

  test.each([
    ['blackhole', 'dropped'],
    ['unreachable', 'rejected'],
    ['prohibit', 'rejected'],
  ])('a route of type %s is %s', (type, outcome) => {
    const host = withRoutes({ destination: '203.0.113.0/24', type, table: 254 }, through('default'))
    expect(evaluate(away, host, [])).toMatchObject({
      outcome,
      culprit: { tool: 'kernel', text: `route ${type} 203.0.113.0/24` },
    })
  })

  test('forwarding is asked of the interface the packet came in by', () => {
    const host = { ...facts, sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.eth0.forwarding': '0' } }
    const packet = { ...fromLan, destination: '172.17.0.2' }
    expect(evaluate(packet, host, [])).toMatchObject({
      outcome: 'dropped',
      culprit: { text: 'net.ipv4.conf.eth0.forwarding = 0' },
    })
    expect(evaluate({ ...packet, in: 'eth1', source: '198.51.100.9' }, host, []).outcome).toBe('forwarded')
    expect(evaluate(fromLan, host, []).outcome).toBe('local')
  })

  test('routing comes after translation', () => {
    const rules = ruleset(table({}, nat('prerouting', -100, [dnat('203.0.113.7', 80)])))
    expect(evaluate(fromLan, withRoutes(through('default')), rules).at).toMatchObject({
      interface: 'eth1',
      address: '203.0.113.7',
    })
  })
})

describe('sources that cannot be', () => {
  const spoofed = { ...fromLan, source: '198.51.100.9' }
  const filter = (value: string): HostFacts => ({
    ...facts,
    sysctls: { ...facts.sysctls, 'net.ipv4.conf.all.rp_filter': value },
  })

  test('pass without a reverse path filter', () => {
    expect(evaluate(spoofed, facts, []).outcome).toBe('local')
  })

  test('are dropped by the strict filter, not by the loose one', () => {
    expect(evaluate(spoofed, filter('1'), [])).toMatchObject({
      outcome: 'dropped',
      culprit: { tool: 'kernel' },
    })
    expect(evaluate(spoofed, filter('2'), []).outcome).toBe('local')
    expect(evaluate(fromLan, filter('1'), []).outcome).toBe('local')
  })

  test('are dropped by the loose filter when no route leads to them', () => {
    const host = { ...withRoutes(), sysctls: { 'net.ipv4.conf.eth0.rp_filter': '2' } }
    expect(evaluate({ ...fromLan, source: '8.8.8.8' }, host, []).outcome).toBe('dropped')
  })

  test('one of the host’s own addresses does not come over a wire', () => {
    expect(evaluate({ ...fromLan, source: '198.51.100.2' }, facts, []).outcome).toBe('dropped')
  })
})

describe('what the host itself sends and the kernel does not route', () => {
  test.each<[string, Partial<Packet>, HostFacts]>([
    ['without a route', { destination: '203.0.113.7' }, withRoutes()],
    [
      'without a route in IPv6',
      { family: 'ip6', source: '2001:db8::2', destination: '2001:db8:9::1' },
      withRoutes(),
    ],
    [
      'from a loopback address',
      { source: '127.0.0.1', destination: '203.0.113.7' },
      withRoutes(through('default')),
    ],
    [
      'to a blackhole',
      { destination: '203.0.113.7' },
      withRoutes({ destination: '203.0.113.0/24', type: 'blackhole', table: 254 }),
    ],
  ])('ends in output, where it never was in prerouting: %s', (_, packet, host) => {
    const { source: _source, ...local } = away
    const { outcome, trace } = evaluate({ ...local, in: null, ...packet }, host, [])
    expect(['unrouted', 'dropped', 'rejected']).toContain(outcome)
    expect(trace.map(({ hook }) => hook)).toEqual(['output'])
  })

  test('while what comes in without a route beyond ends in prerouting', () => {
    const { trace } = evaluate(away, withRoutes(), [])
    expect(trace.map(({ hook }) => hook)).toEqual(['prerouting'])
  })
})
