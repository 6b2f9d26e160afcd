import { describe, expect, test } from '@jest/globals'
import { compare, evaluate, field, type HostFacts, named, oneOf, type Packet } from '../../src/index.ts'
import {
  base,
  dnat,
  drop,
  facts,
  from,
  fromLan,
  iif,
  masquerade,
  nat,
  ruleset,
  table,
  tcpDport,
  toLocal,
} from './model.ts'

const publish = [
  nat('prerouting', -100, [toLocal, tcpDport(8080), dnat('172.17.0.2', 80)]),
  nat('output', -100, [toLocal, tcpDport(8080), dnat('172.17.0.2', 80)]),
]
const masqueradeLoopback = nat('postrouting', 100, [from('127.0.0.0/8'), masquerade])
const masqueradeBridge = nat('postrouting', 100, [
  from('172.17.0.0/16'),
  compare(field('oifname'), named('br-web')),
  masquerade,
])
const withSysctls = (more: Record<string, string>): HostFacts => ({
  ...facts,
  sysctls: { ...facts.sysctls, ...more },
})

describe('processes of the host', () => {
  const own: Packet = { ...fromLan, in: null, source: null }

  test('reach a host address through lo, and a listener there', () => {
    const found = evaluate({ ...own, destinationPort: 22 }, facts, ruleset(table({}, ...publish)))
    expect(found).toMatchObject({
      outcome: 'local',
      at: { interface: 'lo' },
      seenAs: { source: '192.0.2.2' },
    })
  })

  test('prerouting alone does not catch them: the listener answers', () => {
    expect(evaluate(own, facts, ruleset(table({}, ...publish.slice(0, 1)))).outcome).toBe('local')
  })

  test('output DNAT sends them to the container, with an address of the host', () => {
    expect(evaluate(own, facts, ruleset(table({}, ...publish)))).toMatchObject({
      outcome: 'forwarded',
      at: { address: '172.17.0.2', port: 80, interface: 'br-web' },
      seenAs: { source: '192.0.2.2' },
    })
  })

  test.each([
    ['without route_localnet', facts, false, 'dropped'],
    [
      'with route_localnet alone',
      withSysctls({ 'net.ipv4.conf.br-web.route_localnet': '1' }),
      false,
      'dropped',
    ],
    ['with masquerading alone', facts, true, 'dropped'],
    ['with both', withSysctls({ 'net.ipv4.conf.br-web.route_localnet': '1' }), true, 'forwarded'],
  ] as const)('to 127.0.0.1 %s', (_name, host, masquerades, outcome) => {
    const rules = ruleset(table({}, ...publish, ...(masquerades ? [masqueradeLoopback] : [])))
    const found = evaluate({ ...own, destination: '127.0.0.1' }, host, rules)
    expect(found.outcome).toBe(outcome)
    if (outcome === 'forwarded') expect(found.seenAs?.source).toBe('172.17.0.1')
  })

  test('pass output and postrouting on the way there, prerouting and input on the way back', () => {
    const all = (['prerouting', 'input', 'forward', 'output', 'postrouting'] as const).map((hook) =>
      base(hook, 0, {}),
    )
    const { trace } = evaluate({ ...own, destination: '172.17.0.2' }, facts, ruleset(table({}, ...all)))
    expect(
      trace.filter(({ table: name }) => name !== null).map(({ direction, hook }) => `${direction} ${hook}`),
    ).toEqual(['original output', 'original postrouting', 'reply prerouting', 'reply input'])
  })

  test('among themselves pass all hooks but forward, and are translated once', () => {
    const { trace, outcome } = evaluate(
      { ...own, destinationPort: 22 },
      facts,
      ruleset(table({}, base('prerouting', 0, {}, [iif('lo')]), base('input', 0, {}))),
    )
    expect(outcome).toBe('local')
    expect(trace.map(({ direction, hook }) => `${direction} ${hook}`)).toEqual([
      'original prerouting',
      'original input',
      'reply prerouting',
      'reply input',
    ])
  })
})

describe('loopback addresses on the wire', () => {
  const martian = { ...fromLan, destination: '127.0.0.1' }

  test('are martians', () => {
    expect(evaluate(martian, facts, [])).toMatchObject({ outcome: 'dropped', culprit: { tool: 'kernel' } })
    expect(evaluate({ ...fromLan, source: '127.0.0.1' }, facts, []).outcome).toBe('dropped')
    expect(
      evaluate({ ...fromLan, family: 'ip6', source: '2001:db8:1::9', destination: '::1' }, facts, []).outcome,
    ).toBe('dropped')
  })

  test('reach local services where route_localnet is on', () => {
    expect(evaluate(martian, withSysctls({ 'net.ipv4.conf.eth0.route_localnet': '1' }), []).outcome).toBe(
      'local',
    )
  })

  test('as a destination are translated before the kernel could refuse them as martians', () => {
    expect(evaluate(martian, facts, ruleset(table({}, ...publish)))).toMatchObject({
      outcome: 'forwarded',
      at: { address: '172.17.0.2' },
    })
  })
})

describe('one bridge', () => {
  const sibling: Packet = {
    ...fromLan,
    in: 'br-web',
    source: '172.17.0.3',
    destination: '172.17.0.2',
    destinationPort: 80,
  }
  const calls = withSysctls({ 'net.bridge.bridge-nf-call-iptables': '1' })
  const forwardDrop = ruleset(table({}, base('forward', 0, { policy: 'drop' })))

  test('switches between its ports out of sight of the IP hooks', () => {
    expect(evaluate(sibling, facts, forwardDrop)).toMatchObject({
      outcome: 'forwarded',
      at: { interface: 'br-web' },
    })
  })

  test('shows all hooks with bridge-nf-call-iptables, and a forward drop cuts it', () => {
    expect(evaluate(sibling, calls, forwardDrop).outcome).toBe('dropped')
    const own = {
      ...facts,
      interfaces: (facts.interfaces ?? []).map((link) =>
        link.name === 'br-web' ? { ...link, nfCallIptables: true } : link,
      ),
    }
    expect(evaluate(sibling, own, forwardDrop).outcome).toBe('dropped')
  })

  test('to the host’s port: the answer never crosses the host with bridge-nf-call-iptables 0, unless masqueraded', () => {
    const through = { ...sibling, destination: '192.0.2.2', destinationPort: 8080 }
    expect(evaluate(through, facts, ruleset(table({}, ...publish)))).toMatchObject({
      outcome: 'dropped',
      culprit: { tool: 'kernel' },
    })
    expect(evaluate(through, calls, ruleset(table({}, ...publish)))).toMatchObject({
      outcome: 'forwarded',
      seenAs: { source: '172.17.0.3' },
    })
    expect(evaluate(through, facts, ruleset(table({}, ...publish, masqueradeBridge)))).toMatchObject({
      outcome: 'forwarded',
      seenAs: { source: '172.17.0.1' },
    })
  })

  test.each([
    [0, undefined, 'forwarded', 'certain'],
    [1, true, 'forwarded', 'certain'],
    [1, false, 'dropped', 'certain'],
  ] as const)(
    'hairpin with bridge-nf-call-iptables %s and hairpin mode %s is %s',
    (call, hairpin, outcome, certainty) => {
      const host: HostFacts = {
        ...(call === 1 ? calls : facts),
        interfaces: [
          ...(facts.interfaces ?? []),
          { name: 'veth2', index: 20, master: 'br-web', ...(hairpin === undefined ? {} : { hairpin }) },
        ],
      }
      const packet = {
        ...sibling,
        in: 'veth2',
        source: '172.17.0.2',
        destination: '192.0.2.2',
        destinationPort: 8080,
      }
      expect(evaluate(packet, host, ruleset(table({}, ...publish, masqueradeBridge)))).toMatchObject({
        outcome,
        certainty,
      })
    },
  )

  test('with some ports in hairpin mode and some not, a hairpin is possible', () => {
    const ports = [true, false].map((hairpin, at) => ({ name: `veth${at}`, master: 'br-web', hairpin }))
    const host = { ...calls, interfaces: [...(facts.interfaces ?? []), ...ports] }
    const packet = { ...sibling, source: '172.17.0.2', destination: '192.0.2.2', destinationPort: 8080 }
    const found = evaluate(packet, host, ruleset(table({}, ...publish, masqueradeBridge)))
    expect(found.certainty).toBe('possible')
    expect(found.alternatives.map(({ outcome }) => outcome)).toEqual(['dropped'])
  })

  test('isolated ports do not reach one another, but the host does', () => {
    const ports = ['veth1', 'veth2'].map((name) => ({ name, master: 'br-web', isolated: true }))
    const host = { ...facts, interfaces: [...(facts.interfaces ?? []), ...ports] }
    expect(evaluate(sibling, host, [])).toMatchObject({ outcome: 'dropped', certainty: 'certain' })
    expect(
      evaluate({ ...fromLan, in: null, source: null, destination: '172.17.0.2' }, host, []).outcome,
    ).toBe('forwarded')
  })

  test('the bridge port is known to physdev, while br_netfilter has the packet', () => {
    const host = {
      ...calls,
      interfaces: [...(facts.interfaces ?? []), { name: 'veth1', index: 20, master: 'br-web' }],
    }
    const rules = ruleset(
      table(
        {},
        base('forward', 0, {}, [
          compare(field('physin'), named('veth1')),
          compare(field('bridged'), oneOf(1)),
          drop,
        ]),
      ),
    )
    expect(evaluate({ ...sibling, in: 'veth1' }, host, rules).outcome).toBe('dropped')
    expect(evaluate({ ...sibling, in: 'veth1', destination: '198.51.100.9' }, host, rules).outcome).toBe(
      'forwarded',
    )
  })

  test('another bridge is reached through FORWARD', () => {
    expect(evaluate({ ...sibling, destination: '172.18.0.2' }, facts, forwardDrop).outcome).toBe('dropped')
  })
})

describe('found by comparing with the kernel', () => {
  test('a secondary address of the host is reached from the primary one', () => {
    const found = evaluate(
      { family: 'ip', destination: '192.0.2.3', destinationPort: 80, protocol: 'tcp' },
      facts,
      [],
    )
    expect(found).toMatchObject({ outcome: 'local', seenAs: { source: '192.0.2.2' } })
  })

  test('a machine that is sent back its own packet does not answer it', () => {
    const mirror = ruleset(table({}, nat('prerouting', -100, [tcpDport(8080), dnat('192.0.2.9', 80)])))
    expect(evaluate(fromLan, facts, mirror)).toMatchObject({
      outcome: 'dropped',
      culprit: { tool: 'kernel' },
      trace: expect.arrayContaining([expect.objectContaining({ verdict: 'dnat to 192.0.2.9:80' })]),
    })
  })

  test('over IPv6 the host is masqueraded as the very address of its own that it speaks to', () => {
    const own: Packet = { family: 'ip6', destination: '2001:db8:1::2', destinationPort: 80, protocol: 'tcp' }
    const rules = ruleset(
      table({}, nat('output', -100, [dnat('::1')]), nat('postrouting', 100, [masquerade])),
    )
    expect(evaluate(own, facts, rules)).toMatchObject({ outcome: 'local', seenAs: { source: '::1' } })
  })
})
