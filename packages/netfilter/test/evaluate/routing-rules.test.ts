import { describe, expect, test } from '@jest/globals'
import { evaluate, type HostFacts, type NetfilterTable, type Packet } from '../../src/index.ts'
import { base, dnat, facts, fromLan, iif, nat, ruleset, setMark, table } from './model.ts'
import { away, through, wayOf, withRoutes } from './routes-of-a-host.ts'

describe('routing', () => {
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
})
