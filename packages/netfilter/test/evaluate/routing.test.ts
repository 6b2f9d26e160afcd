import { describe, expect, test } from '@jest/globals'
import {
  evaluate,
  type HostFacts,
  type NetfilterTable,
  type Packet,
  type RouteFact,
} from '../../src/index.ts'
import { base, dnat, facts, fromLan, iif, nat, ruleset, setMark, table } from './model.ts'

const local: RouteFact = {
  destination: '192.0.2.2/32',
  interface: 'eth0',
  table: 255,
  type: 'local',
  scope: 'host',
}
const lan: RouteFact = { destination: '192.0.2.0/24', interface: 'eth0', table: 254, scope: 'link' }
const through = (destination: string, more: Partial<RouteFact> = {}): RouteFact => ({
  destination,
  interface: 'eth1',
  table: 254,
  ...more,
})
const withRoutes = (...routes: readonly RouteFact[]): HostFacts => ({
  ...facts,
  routes: [local, lan, ...routes],
})
const away: Packet = { ...fromLan, destination: '203.0.113.7' }

const wayOf = (host: HostFacts, packet: Packet = away): string | null | undefined =>
  evaluate(packet, host, []).at?.interface

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

  test('throw goes on with the next rule', () => {
    const host = {
      ...withRoutes({ destination: '203.0.113.0/24', type: 'throw', table: 100 }, through('default')),
      rules: [{ priority: 100, table: 100 }],
    }
    expect(wayOf(host)).toBe('eth1')
  })

  test('rules are asked by priority: source, interface and mark choose the table', () => {
    const routes = [through('default', { interface: 'wg0', table: 7 }), through('default')]
    const way = (
      rule: NonNullable<HostFacts['rules']>[number],
      ...rules: readonly NetfilterTable[]
    ): string | null | undefined =>
      evaluate(
        away,
        { ...withRoutes(...routes), rules: [{ priority: 50, table: 7, ...rule }] },
        ruleset(...rules),
      ).at?.interface
    expect(way({})).toBe('wg0')
    expect(way({ from: '192.0.2.0/24' })).toBe('wg0')
    expect(way({ from: '10.0.0.0/8' })).toBe('eth1')
    expect(way({ from: '10.0.0.0/8', invert: true })).toBe('wg0')
    expect(way({ in: 'eth0' })).toBe('wg0')
    expect(way({ in: 'eth1' })).toBe('eth1')
    const marks = table({}, base('prerouting', -150, {}, [iif('eth0'), setMark(0x11)]))
    expect(way({ mark: 1, mask: 0xf })).toBe('eth1')
    expect(way({ mark: 1, mask: 0xf }, marks)).toBe('wg0')
  })

  test('a rule that suppresses short prefixes passes defaults on', () => {
    const host: HostFacts = {
      ...withRoutes(through('default'), through('default', { interface: 'wg0', table: 51820 })),
      rules: [
        { priority: 10, table: 254, suppressPrefixLength: 0 },
        { priority: 11, table: 51820, mark: 0xca6c, invert: true },
      ],
    }
    expect(wayOf(host)).toBe('wg0')
    expect(wayOf(host, { ...away, destination: '192.0.2.99' })).toBe('eth0')
  })

  test('a rule with unknown selectors makes it possible, where it would lead elsewhere', () => {
    const rules = [{ priority: 9, table: 7, other: ['uidrange'] }]
    const host = {
      ...withRoutes(through('default', { interface: 'wg0', table: 7 }), through('default')),
      rules,
    }
    expect(evaluate(away, host, [])).toMatchObject({ certainty: 'possible', at: { interface: 'eth1' } })
    expect(evaluate(fromLan, withRoutes(), [])).toMatchObject({ certainty: 'certain' })
  })

  const published = ruleset(table({}, nat('prerouting', -100, [dnat('172.17.0.2', 80)])))
  const web = ruleset(table({}, nat('prerouting', -100, [dnat('fd00:17::2', 80)])))
  const fromLan6: Packet = {
    ...fromLan,
    family: 'ip6',
    source: '2001:db8:1::9',
    destination: '2001:db8:1::2',
  }

  test.each([
    [{ protocol: 6, sourcePorts: { first: 80, last: 80 }, action: 'prohibit' }, 'rejected', 'reply'],
    [{ protocol: 6, destinationPorts: { first: 80, last: 80 }, action: 'blackhole' }, 'dropped', 'original'],
    [{ protocol: 6, in: 'eth0', action: 'blackhole' }, 'dropped', 'original'],
    [{ users: { first: 0, last: 0 }, in: 'eth0', action: 'blackhole' }, 'dropped', 'original'],
    [{ dscp: 0, in: 'eth0', action: 'blackhole' }, 'dropped', 'original'],
    [{ protocol: 6, users: { first: 1, last: 9 }, invert: true, action: 'blackhole' }, 'dropped', 'original'],
  ] as const)('rule %j is asked of forwarded packets by both families', (rule, outcome, direction) => {
    const host = { ...facts, rules: [{ priority: 9, ...rule }] }
    for (const [packet, rules] of [
      [fromLan, published],
      [fromLan6, web],
    ] as const) {
      const found = evaluate(packet, host, [rules])
      expect([found.outcome, found.certainty, found.trace.at(-1)?.direction]).toEqual([
        outcome,
        'certain',
        direction,
      ])
      expect(found.culprit).toMatchObject({ tool: 'kernel' })
      expect(found.culprit?.text).toMatch(/routing rule 9: .*(blackhole|prohibit)$/)
    }
  })

  test.each([
    { protocol: 17, in: 'eth0', action: 'blackhole' },
    { destinationPorts: { first: 8080, last: 8080 }, action: 'blackhole' },
    { sourcePorts: { first: 81, last: 90 }, action: 'blackhole' },
    { users: { first: 1, last: 4294967295 }, action: 'blackhole' },
  ])('rule %j asks for other packets', (rule) => {
    const host = { ...facts, rules: [{ priority: 9, ...rule }] }
    expect(evaluate(fromLan, host, [published])).toMatchObject({ outcome: 'forwarded', certainty: 'certain' })
    expect(evaluate(fromLan6, host, [web])).toMatchObject({ outcome: 'forwarded', certainty: 'certain' })
  })

  test.each([[{ other: ['tun_id'] }], [{ dscp: 46 }]])(
    'a rule that refuses what %j selects may refuse it',
    (asked) => {
      const host = { ...facts, rules: [{ priority: 9, in: 'eth0', action: 'blackhole', ...asked }] }
      const { outcome, certainty, alternatives } = evaluate(fromLan, host, [published])
      expect([outcome, certainty]).toEqual(['forwarded', 'possible'])
      expect(alternatives.map((one) => [one.outcome, one.culprit?.text])).toEqual([
        ['dropped', expect.stringContaining('routing rule 9: ')],
      ])
    },
  )

  test('the user of a socket of this host is not known to routing rules', () => {
    const host = {
      ...facts,
      rules: [{ priority: 9, users: { first: 1000, last: 1000 }, action: 'unreachable' }],
    }
    const own: Packet = { ...fromLan, in: null, source: null, destination: '192.0.2.9' }
    expect(evaluate(own, host, [])).toMatchObject({ outcome: 'forwarded', certainty: 'possible' })
  })

  test('a reverse path filter that meets a refusing rule names the rule', () => {
    const host: HostFacts = {
      ...withRoutes({ destination: 'default', type: 'blackhole', table: 100 }, through('default'), {
        destination: '172.17.0.0/16',
        interface: 'br-web',
        table: 254,
      }),
      rules: [{ priority: 9, to: '172.17.0.0/16', table: 100 }],
      sysctls: { ...facts.sysctls, 'net.ipv4.conf.all.rp_filter': '1' },
    }
    const text = 'routing rule 9: from all to 172.17.0.0/16 lookup 100 (route blackhole default table 100)'
    const inwards: Packet = { ...fromLan, destination: '172.17.0.2' }
    const outwards: Packet = { ...away, in: 'br-web', source: '172.17.0.2' }
    expect(evaluate(inwards, host, []).culprit?.text).toBe(text)
    expect(evaluate(outwards, host, []).culprit?.text).toBe(text)
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
