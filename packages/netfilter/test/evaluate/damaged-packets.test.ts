import { describe, expect, test } from '@jest/globals'
import {
  type BaseHook,
  constant,
  evaluate,
  explain,
  type HostFacts,
  type NetfilterChain,
  type NetfilterRuleset,
  type Packet,
  type Step,
} from '../../src/index.ts'
import { base, dnat, drop, facts, fromLan, iif, nat, ruleset, table } from './model.ts'

const toWeb = nat('prerouting', -100, [dnat('172.17.0.2', 80)])
const toWeb6 = nat('prerouting', -100, [dnat('fd00:17::2', 80)])
const fromLan6: Packet = {
  ...fromLan,
  family: 'ip6',
  source: '2001:db8:1::9',
  destination: '2001:db8:1::2',
}
const both = [
  ['ip', fromLan, toWeb],
  ['ip6', fromLan6, toWeb6],
] as const

const set = (target: 'hop-limit' | 'pkttype', value: number | null): Step => ({
  kind: 'set',
  target,
  value: value === null ? { kind: 'unknown', text: 'less', random: false, range: null } : constant(value),
})

/** A chain of a netdev table, on these devices. */
const onDevices = (
  hook: 'ingress' | 'egress',
  devices: readonly string[],
  ...steps: readonly Step[]
): NetfilterRuleset => {
  const { chains, ...rest } = table({ family: 'netdev' }, base(hook, 0, {}, steps))
  return ruleset({
    ...rest,
    chains: chains.map(
      (chain): NetfilterChain => ({ ...chain, base: { ...(chain.base as BaseHook), devices } }),
    ),
  })
}

describe.each(both)('a packet of %s that a rule rewrites', (_, packet, published) => {
  const outcome = (...steps: readonly Step[]) => {
    const rules = ruleset(table({}, base('prerouting', -150, {}, steps), published))
    const { outcome: found, certainty, culprit, alternatives } = evaluate(packet, facts, rules)
    return [found, certainty, culprit?.text ?? [...new Set(alternatives.map((one) => one.outcome))].join()]
  }

  test('is not forwarded with one hop left, and is with two', () => {
    expect(outcome(set('hop-limit', 1))).toEqual(['dropped', 'certain', 'TTL 1: not forwarded'])
    expect(outcome(set('hop-limit', 0))).toEqual(['dropped', 'certain', 'TTL 0: not forwarded'])
    expect(outcome(set('hop-limit', 2))).toEqual(['forwarded', 'certain', ''])
  })

  test('may not be forwarded with a TTL that is not known', () => {
    expect(outcome(set('hop-limit', null))).toEqual(['forwarded', 'possible', 'dropped'])
  })

  test('may be lost for its TTL, not by the rules of a bridge', () => {
    const rules = ruleset(table({}, base('prerouting', -150, {}, [set('hop-limit', null)]), published))
    const { doubts } = explain(packet, evaluate(packet, facts, rules))
    const told = doubts.flatMap(({ steps }) => steps)
    expect(told.length).toBeGreaterThan(0)
    expect(new Set(told.map(({ stage, sentence }) => `${stage}: ${sentence}`))).toEqual(
      new Set(['prerouting: It may be lost: the TTL that a rule has changed may not last.']),
    )
  })

  test('is delivered to this host with one hop left', () => {
    const rules = ruleset(table({}, base('prerouting', -150, {}, [set('hop-limit', 1)])))
    expect(evaluate(packet, facts, rules)).toMatchObject({ outcome: 'local', certainty: 'certain' })
  })

  test('is delivered to a container with one hop left once it is forwarded', () => {
    const rules = ruleset(table({}, base('forward', 0, {}, [set('hop-limit', 1)]), published))
    expect(evaluate(packet, facts, rules)).toMatchObject({ outcome: 'forwarded', certainty: 'certain' })
  })

  test('is not taken as a packet of another type', () => {
    expect(outcome(set('pkttype', 2))).toEqual(['dropped', 'certain', 'packet type multicast: not forwarded'])
    const ingress = onDevices('ingress', ['eth0'], set('pkttype', 3))
    expect(evaluate(packet, facts, [ingress]).culprit?.text).toBe('packet type other host: not taken')
    expect(evaluate(packet, facts, [onDevices('ingress', ['eth0'], set('pkttype', 7))]).outcome).toBe('local')
  })

  test('is not delivered to TCP as a packet for several', () => {
    const rules = ruleset(table({}, base('prerouting', -150, {}, [set('pkttype', 1)])))
    expect(evaluate(packet, facts, rules).outcome).toBe('dropped')
    expect(evaluate({ ...packet, protocol: 'udp' }, facts, rules).outcome).toBe('local')
  })

  test('may be lost where what was rewritten is not followed', () => {
    expect(outcome({ kind: 'rewrite', text: 'ip checksum set 0' })).toEqual([
      'forwarded',
      'possible',
      'dropped',
    ])
  })
})

test('a packet with one hop left reaches neighbours, and nothing behind a router', () => {
  const host: HostFacts = {
    ...facts,
    routes: [
      { destination: '192.0.2.2/32', interface: 'eth0', table: 255, type: 'local' },
      { destination: '172.17.0.0/16', interface: 'br-web', table: 254 },
      { destination: '192.0.2.0/24', interface: 'eth0', table: 254 },
      { destination: 'default', gateway: '192.0.2.1', interface: 'eth0', table: 254 },
    ],
  }
  const out: Packet = { ...fromLan, in: 'br-web', source: '172.17.0.2', destination: '203.0.113.7' }
  const outcome = (hops: number, destination: string) => {
    const rules = ruleset(table({}, base('postrouting', -150, {}, [set('hop-limit', hops)])))
    const { outcome: found, certainty } = evaluate({ ...out, destination }, host, rules)
    return `${certainty} ${found}`
  }
  expect(outcome(1, '203.0.113.7')).toBe('certain dropped')
  expect(outcome(5, '203.0.113.7')).toBe('possible forwarded')
  expect(outcome(64, '203.0.113.7')).toBe('certain forwarded')
  expect(outcome(1, '192.0.2.9')).toBe('certain forwarded')
})

describe('a zone of connection tracking for one direction', () => {
  const inZone = (target: 'ct-zone' | 'ct-zone-original' | 'ct-zone-reply', ...more: readonly Step[]) => {
    const raw = base('prerouting', -300, {}, [...more, { kind: 'set', target, value: constant(7) }])
    return evaluate(fromLan, facts, ruleset(table({}, raw, toWeb)))
  }
  const fromEth0: Step = {
    kind: 'compare',
    expression: { kind: 'field', field: 'iifname', family: null, protocols: null },
    values: { kind: 'names', names: [{ text: 'eth0', wildcard: false }] },
    negated: false,
  }

  test('leaves the replies where they find their flow', () => {
    expect(inZone('ct-zone', fromEth0).outcome).toBe('dropped')
    expect(inZone('ct-zone-original', fromEth0)).toMatchObject({
      outcome: 'forwarded',
      certainty: 'certain',
    })
    expect(inZone('ct-zone-reply', fromEth0).outcome).toBe('dropped')
    expect(inZone('ct-zone-reply')).toMatchObject({ outcome: 'forwarded', certainty: 'certain' })
  })
})

describe('a chain on devices', () => {
  const ports = (...names: readonly string[]): HostFacts => ({
    ...facts,
    interfaces: [
      ...(facts.interfaces ?? []),
      ...names.map((name, at) => ({ name, index: 20 + at, up: true, kind: 'veth', master: 'br-web' })),
    ],
  })
  const published = ruleset(table({}, toWeb))
  const outcome = (host: HostFacts, rules: NetfilterRuleset, packet = fromLan) => {
    const { outcome: found, certainty, at, alternatives } = evaluate(packet, host, [published, rules])
    return [`${certainty} ${found}`, at?.address, at?.interface, ...alternatives.map((one) => one.outcome)]
  }

  test.each(['ingress', 'egress'] as const)('of a port sees what passes it on %s', (hook) => {
    const rules = onDevices(hook, ['vweb'], drop)
    expect(outcome(ports('vweb'), rules)[0]).toBe('certain dropped')
    expect(outcome(ports('vweb', 'vdb'), rules)).toEqual([
      'possible forwarded',
      '172.17.0.2',
      'br-web',
      'dropped',
    ])
    expect(outcome(ports('vdb'), rules)[0]).toBe('certain forwarded')
    expect(outcome(facts, rules)[0]).toBe('certain forwarded')
  })

  test('sends a packet past all other hooks', () => {
    const direct: Packet = { ...fromLan, destination: '172.17.0.2' }
    const guard = ruleset(table({ name: 'guard' }, base('forward', 0, {}, [iif('eth0'), drop])))
    const forward = (device: string | null, isAddressed = true): NetfilterRuleset =>
      onDevices('ingress', ['eth0'], { kind: 'fwd', device, isAddressed })
    const found = (rules: NetfilterRuleset) => {
      const { outcome: kind, at, certainty } = evaluate(direct, ports('vweb'), [guard, rules])
      return [kind, at?.interface, certainty]
    }
    expect(found(forward('br-web'))).toEqual(['forwarded', 'br-web', 'certain'])
    expect(found(forward('vweb'))).toEqual(['forwarded', 'br-web', 'certain'])
    expect(found(forward('vweb', false))[0]).toBe('dropped')
    expect(found(forward(null))[0]).toBe('dropped')
  })
})
