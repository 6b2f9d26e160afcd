import { describe, expect, test } from '@jest/globals'
import { growthOf } from '../../../../test/growth/count-work.ts'
import type { PacketBox } from '../../src/hygiene/index.ts'
import {
  between,
  compare,
  constant,
  field,
  jumpTo,
  type MatchStep,
  oneOf,
  type Step,
} from '../../src/index.ts'
import {
  accept,
  base,
  type ChainSketch,
  chain,
  ctState,
  dnat,
  drop,
  from,
  iif,
  nat,
  oif,
  setMark,
  table,
  tcpDport,
  to,
  toLocal,
} from '../evaluate/model.ts'
import { anyPacket } from './packets.ts'
import { anomalies, back, inForward, tcp, tell, unknown } from './told-anomalies.ts'

const note = (text: string): Step => ({ kind: 'note', text })

describe('redundancy', () => {
  test('is a rule within one before it that does the same', () => {
    expect(inForward([tcp, accept], [tcpDport(80), accept])).toEqual(['Redundancy 2 by 1'])
  })

  test('is a rule within a later one that does the same, with nothing else between', () => {
    expect(inForward([tcpDport(80), accept], [tcpDport(443), drop], [tcp, accept])).toEqual([
      'Redundancy 1 by 3',
      'Generalisation 3 by 2',
    ])
  })

  test('is not one that keeps some of its packets from a rule between', () => {
    expect(inForward([tcpDport(80), accept], [from('192.0.2.9'), drop], [tcp, accept])).not.toContain(
      'Redundancy 1 by 3',
    )
    expect(inForward([tcpDport(80), accept], [jumpTo('more')], [tcp, accept])).toEqual([])
    expect(inForward([tcpDport(80), accept], [setMark(1)], [tcp, accept])).toEqual([])
  })

  test('is not one that logs as well, nor one that keeps a list', () => {
    expect(inForward([tcpDport(80), note('log prefix "web"'), accept], [tcp, accept])).toEqual([])
    expect(inForward([tcpDport(80), note('counter'), accept], [tcp, accept])).toEqual(['Redundancy 1 by 2'])
  })

  test('of two that are the same, only the later is needless', () => {
    expect(inForward([tcpDport(80), accept], [tcpDport(80), accept])).toEqual(['Redundancy 2 by 1'])
  })

  test('compares what a translation gives', () => {
    const told = (second: Step): readonly string[] =>
      anomalies(
        [anyPacket],
        table(
          { family: 'ip' },
          nat('prerouting', -100, [tcpDport(80, 81), dnat('10.0.0.1')], [tcpDport(80), second]),
        ),
      ).map(tell)
    expect(told(dnat('10.0.0.1'))).toEqual(['Redundancy 2 by 1'])
    expect(told(dnat('10.0.0.2'))).toEqual(['Shadowing 2 by 1'])
  })
})

describe('generalisation', () => {
  test('is a rule wider than one before it that does something else', () => {
    expect(inForward([from('192.0.2.9'), tcpDport(80), accept], [tcpDport(80), drop])).toEqual([
      'Generalisation 2 by 1',
    ])
  })

  test('is said once of a rule, with some of its exceptions', () => {
    const [one] = anomalies(
      [anyPacket],
      table(
        {},
        base('forward', 0, {}, ...Array.from({ length: 40 }, (_, at) => [tcpDport(at + 1), accept]), [drop]),
      ),
    )
    expect(one).toMatchObject({
      kind: 'Generalisation',
      rule: { position: 41 },
      hasMore: true,
      severity: 'info',
      remedy: null,
    })
  })

  test('is not that replies are let through first', () => {
    expect(inForward([ctState(2, 4), accept], [from('10.0.0.1'), drop], [oif('eth0'), back])).not.toContain(
      'Generalisation 2 by 1',
    )
    expect(inForward([ctState(2, 4), accept], [drop])).toEqual([])
  })
})

describe('correlation', () => {
  test('is two rules that share packets and do different things', () => {
    expect(inForward([from('192.0.2.0/24'), drop], [tcpDport(80), accept])).toEqual(['Correlation 2 by 1'])
  })

  test('is not two that share none, or do the same', () => {
    expect(inForward([from('192.0.2.0/24'), drop], [from('10.0.0.0/8'), tcpDport(80), accept])).toEqual([])
    expect(inForward([from('192.0.2.0/24'), drop], [tcpDport(80), drop])).toEqual([])
    expect(
      inForward([compare(field('dport', { protocols: [17] }), oneOf(80)), drop], [tcpDport(80), accept]),
    ).toEqual([])
  })

  test('is possible where one is not understood', () => {
    expect(inForward([unknown('-m geoip'), from('192.0.2.0/24'), drop], [tcpDport(80), accept])).toEqual([
      'Correlation? 2 by 1',
    ])
  })
})

describe('what is looked at', () => {
  const rules = [
    [tcpDport(22), drop],
    [tcpDport(22), accept],
    [tcpDport(8080), drop],
    [tcpDport(8080), accept],
  ]
  const published: PacketBox = { ...anyPacket, hooks: ['prerouting'], protocols: ['tcp'], ports: [8080] }
  const told = (packets: readonly PacketBox[], ...chains: readonly ChainSketch[]): readonly string[] =>
    anomalies(packets, table({ family: 'ip' }, ...chains)).map(tell)

  test('is what can match our packets', () => {
    expect(told([published], base('prerouting', 0, {}, ...rules))).toEqual(['Shadowing 4 by 3'])
    expect(told([{ ...published, protocols: ['udp'] }], base('prerouting', 0, {}, ...rules))).toEqual([])
    expect(told([{ ...published, family: 'ip6' }], base('prerouting', 0, {}, ...rules))).toEqual([])
  })

  test('is what they come to, chains that are jumped to among it', () => {
    expect(told([published], base('input', 0, {}, ...rules))).toEqual([])
    expect(told([published], base('prerouting', 0, {}, [jumpTo('web')]), chain('web', ...rules))).toEqual([
      'Shadowing 4 by 3',
    ])
    expect(told([published], chain('web', ...rules))).toEqual([])
  })

  test('is told apart by addresses and interfaces', () => {
    const hosts = [
      [to('192.0.2.2'), iif('eth0'), drop],
      [to('192.0.2.2'), iif('eth0'), accept],
    ]
    const at = (box: Partial<PacketBox>): readonly string[] =>
      told([{ ...anyPacket, ...box }], base('prerouting', 0, {}, ...hosts))
    expect(at({ destinations: ['192.0.2.0/24'], in: ['eth0'] })).toEqual(['Shadowing 2 by 1'])
    expect(at({ destinations: ['198.51.100.1'] })).toEqual([])
    expect(at({ in: ['eth1'] })).toEqual([])
  })

  test('is nothing of ours, nor of a table that is dormant', () => {
    const filter = base('prerouting', 0, {}, ...rules)
    expect(anomalies([published], table({ name: 'portolan' }, filter))).toEqual([])
    expect(anomalies([published], table({ dormant: true }, filter))).toEqual([])
  })

  test('asks where an address leads as a question with one answer', () => {
    expect(inForward([toLocal, drop], [toLocal, tcpDport(80), accept])).toEqual(['Shadowing 2 by 1'])
    const masked = (value: number): MatchStep =>
      compare(
        { kind: 'bitwise', operator: 'and', left: field('mark'), right: constant(0xc000) },
        oneOf(value),
      )
    expect(
      inForward(
        [masked(0), drop],
        [masked(0x4000), drop],
        [masked(0x8000), drop],
        [masked(0xc000), drop],
        [tcp, accept],
      ),
    ).toContain('Shadowing 5 by 1,2,3,4')
  })
})

test('the work for a chain does not grow with the square of its rules, whatever they overlap', () => {
  const nested = (count: number) =>
    Array.from({ length: count }, (_, at) => [
      compare(field('saddr', { family: 'ip' }), between(0, 2 ** 20 + at * 64)),
      at % 2 === 0 ? accept : drop,
    ])
  let told = 0
  const find = (count: number): void => {
    told = anomalies([anyPacket], table({}, base('forward', 0, {}, ...nested(count)))).length
  }
  // For eight times as many rules, a comparison of all pairs would be sixty-four times as much work.
  expect(growthOf(find, 1250, 10_000)).toBeLessThan(16)
  expect(told).toBe(9999)
})
