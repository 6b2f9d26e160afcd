import { describe, expect, test } from '@jest/globals'
import {
  compare,
  conntrackState,
  constant,
  type Expression,
  evaluate,
  field,
  oneOf,
  type Packet,
  type SetStep,
  type Step,
} from '../../src/index.ts'
import {
  base,
  confirmed,
  ctState,
  dnat,
  drop,
  facts,
  fromLan,
  hasMark,
  iif,
  nat,
  ruleset,
  setMark,
  snat,
  table,
} from './model.ts'

/**
 * Cases of conntrack's zones and of flows that are not tracked. Each was a disagreement in the differential test
 * (test/kernel/differential.test.ts), where the kernel was right.
 */
describe('as kernels were seen to do', () => {
  const zone = (value: number): Step => ({ kind: 'set', target: 'ct-zone', value: constant(value) })
  const notrack: Step = { kind: 'notrack', text: 'notrack' }

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
})
