import { describe, expect, test } from '@jest/globals'
import {
  bitwise,
  compare,
  conntrackState,
  conntrackStatus,
  constant,
  type ElementTable,
  type Expression,
  evaluate,
  field,
  type NatStep,
  named,
  oneOf,
  type Packet,
  type RuleTool,
  type SetStep,
  type Step,
} from '../../src/index.ts'
import {
  accept,
  base,
  ctState,
  dnat,
  drop,
  facts,
  fromLan,
  hasMark,
  iif,
  masquerade,
  nat,
  oif,
  ruleset,
  setMark,
  snat,
  table,
  tcpDport,
} from './model.ts'

/**
 * Each case was a disagreement in the differential test (test/kernel/differential.test.ts), where the kernel was right.
 */
describe('as kernels were seen to do', () => {
  const zone = (value: number): Step => ({ kind: 'set', target: 'ct-zone', value: constant(value) })
  const notrack: Step = { kind: 'notrack', text: 'notrack' }
  const confirmed = compare(
    bitwise('and', { kind: 'conntrack', key: 'status' }, conntrackStatus.confirmed),
    oneOf(0),
    true,
  )

  test('a flow of the host to itself is confirmed by the time it comes in', () => {
    const own: Packet = { ...fromLan, in: null, source: null }
    const rules = ruleset(table({}, base('input', 0, {}, [confirmed, drop])))
    expect(evaluate(own, facts, rules).trace.at(-1)?.packet).toBe(1)
    expect(evaluate(fromLan, facts, rules).trace.at(-1)?.packet).toBe(3)
  })

  const translated = compare(
    bitwise('and', { kind: 'conntrack', key: 'status' }, conntrackStatus.dnat),
    oneOf(0),
    true,
  )

  const byPort: ElementTable = {
    name: null,
    elements: [{ key: [oneOf(80)], data: { kind: 'values', values: [{ first: 1, last: 1 }] } }],
    otherwise: null,
    complete: true,
  }

  test('`dnat prefix to` may count a flow as translated whose address it keeps, and NETMAP never does', () => {
    const onto = { kind: 'range', first: 0xac110000, last: 0xac1100ff } as const
    const outcome = (tool: RuleTool) => {
      const kept = nat('prerouting', -100, [{ ...dnat(null), address: onto, netmap: true }])
      const rules = ruleset(table({ tool }, kept, base('forward', 0, {}, [translated, accept], [drop])))
      const direct = { ...fromLan, destination: '172.17.0.2', destinationPort: 80 }
      const { outcome: first, certainty, alternatives } = evaluate(direct, facts, rules)
      return [[first, ...alternatives.map((one) => one.outcome)].sort(), certainty]
    }
    expect(outcome('nft')).toEqual([['dropped', 'forwarded'], 'possible'])
    expect(outcome('iptables-nft')).toEqual([['dropped'], 'certain'])
    expect(outcome('iptables-legacy')).toEqual([['dropped'], 'certain'])
  })

  test('a translation starts from the ports and addresses of the flow, not from those that a rule wrote since', () => {
    const write = (target: 'dport' | 'sport' | 'saddr', value: number): Step => ({
      kind: 'set',
      target,
      value: constant(value),
    })
    const rewrites = base('prerouting', -160, {}, [
      tcpDport(80),
      write('dport', 8080),
      write('sport', 50000),
      write('saddr', 0xcb007107),
    ])
    const direct = { ...fromLan, sourcePort: 500, destination: '172.17.0.2', destinationPort: 80 }
    const seen = (target: string) => {
      const { at, seenAs, outcome } = evaluate(
        direct,
        facts,
        ruleset(
          table(
            {},
            rewrites,
            nat('prerouting', -100, [tcpDport(8080), dnat(target)]),
            base('forward', 0, {}, [translated, accept], [drop]),
            nat('postrouting', 100, [snat('172.17.0.1')]),
          ),
        ),
      )
      return [outcome, at?.address, at?.port, seenAs?.sourcePort]
    }
    expect(seen('172.17.0.3')).toEqual(['forwarded', '172.17.0.3', 80, [1, 511]])
    expect(seen('172.17.0.2')[0]).toBe('dropped')
  })

  test('a rule that sets what a map does not know ends there', () => {
    const mark: Step = {
      kind: 'set',
      target: 'mark',
      value: { kind: 'map', key: [field('dport')], table: byPort, part: 0 },
    }
    const rules = ruleset(table({}, nat('prerouting', -100, [mark, dnat('172.17.0.2', 80)])))
    expect(evaluate(fromLan, facts, rules).at?.address).toBe('192.0.2.2')
    expect(evaluate({ ...fromLan, destinationPort: 80 }, facts, rules).at?.address).toBe('172.17.0.2')
  })

  test('a flow with a chosen zone can no longer be left the flow untracked, nor choose another', () => {
    const published = nat('prerouting', -100, [dnat('172.17.0.2', 80)])
    const outcome = (...steps: readonly Step[]): string | undefined =>
      evaluate(fromLan, facts, ruleset(table({}, base('prerouting', -300, {}, steps), published))).at?.address
    expect(outcome(notrack)).toBe('192.0.2.2')
    expect(outcome(zone(7), notrack)).toBe('172.17.0.2')
  })

  test('a packet with a zone and no entry yet looks new, and some kernels tell more of it than others', () => {
    const outcome = (...asked: readonly Step[]): readonly string[] => {
      const raw = base('prerouting', -300, {}, [zone(7)], [...asked, setMark(9)])
      const rules = ruleset(table({}, raw, base('input', 0, {}, [hasMark(9), drop])))
      const said = evaluate(fromLan, facts, rules)
      return [said.outcome, ...said.alternatives.map((one) => one.outcome), said.certainty].sort()
    }
    expect(outcome(ctState(conntrackState.new))).toEqual(['certain', 'dropped'])
    expect(outcome(ctState(conntrackState.new), confirmed)).toEqual(['dropped', 'local', 'possible'])
    const markOfFlow = compare({ kind: 'conntrack', key: 'mark' }, oneOf(2), true)
    expect(outcome(markOfFlow)).toEqual(['dropped', 'local', 'possible'])
  })

  test('a rule of chance that translates the port alone leaves two ports to be seen', () => {
    const chance = compare(
      { kind: 'unknown', text: 'numgen random mod 2', random: true, range: null },
      oneOf(1),
    )
    const rules = ruleset(
      table(
        {},
        nat('input', 100, [
          chance,
          { ...snat('192.0.2.9'), port: { kind: 'range', first: 6000, last: 6999 } },
        ]),
      ),
    )
    const { seenAs, alternatives } = evaluate(fromLan, facts, rules)
    expect([seenAs, ...alternatives.map((one) => one.seenAs)].map((seen) => seen?.sourcePort)).toEqual(
      expect.arrayContaining([40000, [6000, 6999]]),
    )
  })

  test('targets of a balancer are told apart though one rule stops them all', () => {
    const both: NatStep = {
      ...dnat('172.17.0.2'),
      address: { kind: 'range', first: 0xac110002, last: 0xac110003 },
    }
    const rules = ruleset(
      table({}, nat('prerouting', -100, [both]), base('forward', 0, {}, [iif('br-web'), drop])),
    )
    const { certainty, at, alternatives } = evaluate(fromLan, facts, rules)
    expect(certainty).toBe('certain')
    expect([at, ...alternatives.map((one) => one.at)].map((one) => one?.address)).toEqual([
      '172.17.0.2',
      '172.17.0.3',
    ])
  })

  test('an answer in another zone that loops through lo is known again as it comes in', () => {
    const rules = ruleset(
      table({}, base('output', -300, {}, [zone(7)]), nat('input', 100, [snat('2001:db8:1::2')])),
    )
    const client: Packet = {
      ...fromLan,
      family: 'ip6',
      source: '2001:db8:1::9',
      destination: '2001:db8:1::2',
    }
    const told = evaluate(client, facts, rules)
    expect(told.seenAs?.source).toBe('2001:db8:1::2')
    // What comes after it is taken for a connection of that zone, and keeps its entry as it comes in.
    expect([told.outcome, told.trace.at(-1)?.packet]).toEqual(['dropped', 4])
  })

  test('what a server sends in another zone, or of a flow not tracked, is new once the handshake is over', () => {
    const direct: Packet = { ...fromLan, destination: '172.17.0.2', destinationPort: 80 }
    const elsewhere = nat('prerouting', -100, [iif('br-web'), dnat('198.51.100.9')])
    const cutOff = (...raw: readonly (readonly Step[])[]): readonly unknown[] => {
      const rules = ruleset(table({}, base('prerouting', -300, {}, ...raw), elsewhere))
      const { outcome, trace } = evaluate(direct, facts, rules)
      return [outcome, trace.at(-1)?.packet]
    }
    expect(cutOff([iif('eth0'), notrack])).toEqual(['dropped', 4])
    expect(cutOff([iif('br-web'), zone(7)])).toEqual(['dropped', 4])
    expect(cutOff()).toEqual(['forwarded', 2])
  })

  test('and has an entry of its own that the next such packet finds confirmed', () => {
    const dropsConfirmed = base('output', 0, {}, [confirmed, drop])
    const rules = ruleset(table({}, base('prerouting', -300, {}, [iif('eth0'), notrack]), dropsConfirmed))
    const { outcome, trace } = evaluate(fromLan, facts, rules)
    expect([outcome, trace.at(-1)?.packet]).toEqual(['dropped', 4])
    // Of UDP the first answer makes it: ip6tables with CT --notrack, and ctstatus CONFIRMED dropped in POSTROUTING.
    const datagrams = evaluate({ ...fromLan, protocol: 'udp' }, facts, rules)
    expect([datagrams.outcome, datagrams.trace.at(-1)?.packet]).toEqual(['dropped', 4])
  })

  describe('the answer that finds no entry in its zone', () => {
    const inZone = (target: SetStep['target'], value: Expression = constant(7)): Step => ({
      kind: 'set',
      target,
      value,
    })
    const told = (packet: Packet, ...rules: readonly (readonly Step[])[]): readonly unknown[] => {
      const { outcome, certainty, trace, alternatives } = evaluate(
        packet,
        facts,
        ruleset(table({}, base('prerouting', -300, {}, ...rules))),
      )
      return [outcome, certainty, trace.at(-1)?.packet, ...alternatives.map((one) => one.outcome)]
    }
    const udp: Packet = { ...fromLan, protocol: 'udp' }
    const direct: Packet = { ...fromLan, destination: '172.17.0.2', destinationPort: 80 }
    const own: Packet = { ...direct, in: null, source: null }

    test('is lost where its own entry would expect the packets of the first one', () => {
      expect(told(fromLan, [inZone('ct-zone-reply')])).toEqual(['dropped', 'certain', 4])
      expect(told(udp, [inZone('ct-zone-reply')])).toEqual(['dropped', 'certain', 2])
      expect(told(direct, [iif('eth0'), inZone('ct-zone-reply')])).toEqual(['dropped', 'certain', 4])
      // Rules at prerouting see both directions of a forwarded flow.
      expect(told(direct, [inZone('ct-zone-reply')])).toEqual(['forwarded', 'certain', 2])
    })

    test('passes where the zones of both entries differ', () => {
      for (const packet of [fromLan, udp, direct])
        for (const target of ['ct-zone', 'ct-zone-original'] as const)
          expect(told(packet, [iif('eth0'), inZone(target)]).slice(0, 2)).toEqual([
            packet === direct ? 'forwarded' : 'local',
            'certain',
          ])
      expect(told(own, [inZone('ct-zone-reply')]).slice(0, 2)).toEqual(['forwarded', 'certain'])
    })

    test('passes where only the answer to the handshake was in another zone', () => {
      const synAck = compare(field('tcp-flags'), oneOf(18))
      expect(told(own, [synAck, inZone('ct-zone')])).toEqual(['forwarded', 'certain', 2])
    })

    test('leaves the outcome open where a zone is not known', () => {
      const unknown: Expression = { kind: 'unknown', text: 'jhash', random: false, range: null }
      const published = evaluate(
        fromLan,
        facts,
        ruleset(
          table(
            {},
            base('prerouting', -300, {}, [iif('eth0'), inZone('ct-zone', unknown)]),
            nat('prerouting', -100, [dnat('172.17.0.2', 80)]),
          ),
        ),
      )
      expect(published.certainty).toBe('possible')
      expect([published.outcome, ...published.alternatives.map(({ outcome }) => outcome)].sort()).toEqual([
        'dropped',
        'forwarded',
      ])
    })
  })

  test('a packet after the handshake is lost where its entry would expect the replies of the first one', () => {
    const syn = compare(field('tcp-flags'), oneOf(2))
    const outcome = (target: SetStep['target']): readonly unknown[] => {
      const zoned = base('prerouting', -300, {}, [syn, { kind: 'set', target, value: constant(7) }])
      const { outcome: said, trace } = evaluate(fromLan, facts, ruleset(table({}, zoned)))
      return [said, trace.at(-1)?.packet]
    }
    expect(outcome('ct-zone-original')).toEqual(['dropped', 3])
    expect(outcome('ct-zone')[0]).toBe('local')
  })

  test('lo and network cards have no kind, and so are not of another kind either', () => {
    const own: Packet = { ...fromLan, in: null, source: null }
    const notBridge = compare(field('oifkind'), named('bridge'), true)
    const rules = ruleset(table({}, base('output', 0, {}, [notBridge, drop])))
    expect(evaluate(own, facts, rules).outcome).toBe('local')
    expect(evaluate({ ...own, destination: '192.0.2.9' }, facts, rules).outcome).toBe('forwarded')
  })

  describe('what the host sends', () => {
    const own: Packet = { ...fromLan, in: null, source: null, destination: '198.51.100.9' }
    const marked = {
      ...facts,
      rules: [{ priority: 50, table: 77, mark: 7 }],
      routes: [
        { destination: '198.51.100.0/24', interface: 'eth1' },
        { destination: '172.17.0.0/16', interface: 'br-web' },
        { destination: '198.51.100.0/24', type: 'blackhole', table: 77 },
      ],
    }
    const toContainer = nat('output', -100, [dnat('172.17.0.2')])

    test('is routed at once where a route chain marks it, before any translation could save it', () => {
      const rules = ruleset(table({}, base('output', -150, { type: 'route' }, [setMark(7)]), toContainer))
      expect(evaluate(own, marked, rules).outcome).toBe('dropped')
      expect(evaluate(own, marked, ruleset(table({}, toContainer))).at?.address).toBe('172.17.0.2')
    })

    test('keeps the way it was given then, whatever mark it gets later', () => {
      const rules = ruleset(
        table(
          {},
          base('output', -150, { type: 'route' }, [setMark(1)]),
          base('output', 0, { type: 'filter' }, [setMark(7)]),
        ),
      )
      expect(evaluate(own, marked, rules)).toMatchObject({ outcome: 'forwarded', at: { interface: 'eth1' } })
    })

    test('still names its first interface in the chains behind', () => {
      const rules = ruleset(table({}, toContainer, base('output', 0, {}, [oif('br-web'), drop])))
      expect(evaluate(own, facts, rules).outcome).toBe('forwarded')
    })

    test('leaves with ::1 masqueraded, and the answer is not let back to ::1', () => {
      const rules = ruleset(
        table({}, nat('output', -100, [dnat('fd00:17::2')]), nat('postrouting', 100, [masquerade])),
      )
      const loop: Packet = { ...own, family: 'ip6', destination: '::1' }
      expect(evaluate(loop, facts, rules)).toMatchObject({
        outcome: 'dropped',
        at: { address: 'fd00:17::2' },
        seenAs: { source: 'fd00:17::1' },
        culprit: { tool: 'kernel' },
      })
    })
  })

  test('what a bridge switches has come in by no interface, once it is in postrouting', () => {
    const withHooks = { ...facts, sysctls: { ...facts.sysctls, 'net.bridge.bridge-nf-call-iptables': '1' } }
    const neighbours: Packet = { ...fromLan, in: 'br-web', source: '172.17.0.2', destination: '172.17.0.3' }
    const at = (hook: 'forward' | 'postrouting') =>
      evaluate(neighbours, withHooks, ruleset(table({}, base(hook, 0, {}, [iif('br-web'), drop])))).outcome
    expect(at('forward')).toBe('dropped')
    expect(at('postrouting')).toBe('forwarded')
  })
})
