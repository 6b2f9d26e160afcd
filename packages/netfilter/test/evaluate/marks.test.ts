import { describe, expect, test } from '@jest/globals'
import {
  bitwise,
  compare,
  type Expression,
  evaluate,
  field,
  jumpTo,
  type NetfilterTable,
  oneOf,
  type Packet,
  type Step,
  verdict,
} from '../../src/index.ts'
import {
  accept,
  base,
  chain,
  dnat,
  drop,
  facts,
  fromLan,
  hasMark,
  iif,
  masquerade,
  nat,
  ruleset,
  setMark,
  table,
  tcpDport,
} from './model.ts'

const ctMark: Expression = { kind: 'conntrack', key: 'mark' }
const setCtMark = (value: Expression): Step => ({ kind: 'set', target: 'ct-mark', value })
const bit = (mask: number): Step => compare(bitwise('and', field('mark'), mask), oneOf(mask))

describe('marks', () => {
  test('carry a wish to be masqueraded from prerouting to postrouting, as kube-proxy has it', () => {
    const kube = (marks: boolean): NetfilterTable =>
      table(
        { name: 'kube-proxy', family: 'ip' },
        nat('prerouting', -100, ...(marks ? [[jumpTo('mark')]] : []), [
          tcpDport(8080),
          dnat('172.17.0.2', 80),
        ]),
        chain('mark', [setMark(bitwise('or', field('mark'), 0x4000))]),
        nat(
          'postrouting',
          100,
          [compare(bitwise('and', field('mark'), 0x4000), oneOf(0)), verdict('return')],
          [setMark(bitwise('xor', field('mark'), 0x4000))],
          [masquerade],
        ),
      )
    expect(evaluate(fromLan, facts, ruleset(kube(true))).seenAs?.source).toBe('172.17.0.1')
    expect(evaluate(fromLan, facts, ruleset(kube(false))).seenAs?.source).toBe('192.0.2.9')
  })

  test('leave the bits outside a mask alone', () => {
    const xmark = setMark(bitwise('xor', bitwise('and', field('mark'), 0xffff00ff), 0x1200))
    const rules = table(
      {},
      base('prerouting', -150, {}, [xmark]),
      base('input', 0, {}, [hasMark(0xabcd12ff), drop]),
    )
    expect(evaluate({ ...fromLan, mark: 0xabcd34ff }, facts, ruleset(rules)).outcome).toBe('dropped')
  })

  test('of the packet are gone in the answer, those of the flow stay', () => {
    const save = [setMark(7), setCtMark(field('mark'))]
    const onAnswer = (match: Step): string =>
      evaluate(
        fromLan,
        facts,
        ruleset(table({}, base('prerouting', -150, {}, save), base('output', 0, {}, [match, drop]))),
      ).outcome
    expect(onAnswer(hasMark(7))).toBe('local')
    expect(onAnswer(compare(ctMark, oneOf(7)))).toBe('dropped')
  })

  test('of a flow that is not tracked are not there', () => {
    const rules = table(
      {},
      base('prerouting', -300, {}, [setCtMark(field('mark'))], [compare(ctMark, oneOf(0)), drop]),
    )
    expect(evaluate(fromLan, facts, ruleset(rules)).outcome).toBe('local')
  })

  test('set by a route chain in output find another way, set by a filter chain they do not', () => {
    const host = {
      ...facts,
      rules: [{ priority: 50, table: 77, mark: 7 }],
      routes: [
        { destination: '172.17.0.0/16', interface: 'br-web' },
        { destination: 'default', type: 'blackhole', table: 77 },
      ],
    }
    const own: Packet = { ...fromLan, in: null, source: null, destination: '172.17.0.2' }
    const marks = (type: 'route' | 'filter'): NetfilterTable =>
      table({}, base('output', -150, { type }, [setMark(7)]))
    expect(evaluate(own, host, ruleset(marks('route'))).outcome).toBe('dropped')
    expect(evaluate(own, host, ruleset(marks('filter'))).outcome).toBe('forwarded')
  })

  test('are seen bit by bit', () => {
    const rules = ruleset(table({}, base('input', 0, {}, [bit(0x2000), drop])))
    expect(evaluate({ ...fromLan, mark: 0x2001 }, facts, rules).outcome).toBe('dropped')
    expect(evaluate({ ...fromLan, mark: 0x1fff }, facts, rules).outcome).toBe('local')
    expect(
      evaluate(
        { ...fromLan, mark: 0x80000000 },
        facts,
        ruleset(table({}, base('input', 0, {}, [bit(0x80000000), drop]))),
      ).outcome,
    ).toBe('dropped')
  })
})

describe('other ways to take a packet', () => {
  const input = (...steps: readonly Step[]): ReturnType<typeof ruleset> =>
    ruleset(table({}, base('input', 0, { policy: 'drop' }, steps)))

  test('tproxy hands it to a local socket, whatever its destination', () => {
    const rules = ruleset(
      table({}, base('prerouting', -150, {}, [tcpDport(8080), { kind: 'tproxy', accepts: true }])),
    )
    expect(evaluate({ ...fromLan, destination: '203.0.113.7' }, facts, rules)).toMatchObject({
      outcome: 'local',
      at: { address: '203.0.113.7', port: 8080 },
    })
  })

  test("tproxy of iptables drops replies to the host's own programs, and that of nft leaves them to these", () => {
    const own: Packet = { ...fromLan, in: null, source: null, destination: '192.0.2.9' }
    const outcome = (accepts: boolean, packet = own): string =>
      evaluate(
        packet,
        facts,
        ruleset(table({}, base('prerouting', -150, {}, [iif('eth0'), { kind: 'tproxy', accepts }]))),
      ).outcome
    expect([outcome(true), outcome(false)]).toEqual(['dropped', 'forwarded'])
    expect(outcome(true, fromLan)).toBe('local')
  })

  test('a queue may lose it', () => {
    expect(evaluate(fromLan, facts, input(verdict('stolen')))).toMatchObject({
      outcome: 'local',
      certainty: 'possible',
    })
  })

  test('synproxy answers itself, and lets through the clients that come back', () => {
    const found = evaluate(fromLan, facts, input({ kind: 'synproxy', text: 'synproxy' }))
    expect(found).toMatchObject({ outcome: 'local', certainty: 'possible' })
  })

  test('a chain that is not in the dump leaves the answer open', () => {
    expect(
      evaluate(fromLan, facts, ruleset(table({}, base('input', 0, {}, [jumpTo('lost')], [accept]))))
        .certainty,
    ).toBe('possible')
  })

  test('a rewritten destination without a binding is routed anew, and its answer fits no question', () => {
    const rewrite: Step = { kind: 'set', target: 'daddr', value: { kind: 'constant', value: 0xac110002 } }
    const rules = ruleset(table({}, base('prerouting', -150, {}, [tcpDport(8080), rewrite])))
    expect(evaluate(fromLan, facts, rules)).toMatchObject({
      outcome: 'dropped',
      at: { address: '172.17.0.2', interface: 'br-web' },
    })
  })

  test('the owner of a socket is asked of what the host sends, and of nothing else', () => {
    const owner = compare(field('skuid'), oneOf(1000))
    const everywhere = ruleset(
      table({}, base('input', 0, {}, [owner, drop]), base('output', 0, {}, [owner, drop])),
    )
    expect(evaluate({ ...fromLan, destination: '172.17.0.2' }, facts, everywhere).certainty).toBe('certain')
    expect(
      evaluate({ ...fromLan, in: null, source: null, destination: '172.17.0.2' }, facts, everywhere)
        .certainty,
    ).toBe('possible')
  })
})
