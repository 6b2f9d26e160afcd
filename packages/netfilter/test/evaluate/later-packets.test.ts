import { describe, expect, test } from '@jest/globals'
import {
  bitwise,
  compare,
  conntrackState,
  conntrackStatus,
  evaluate,
  field,
  type NetfilterRuleset,
  type Outcome,
  oneOf,
  type Packet,
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
  table,
  tcpDport,
} from './model.ts'

const { new: NEW, established: ESTABLISHED, invalid: INVALID } = conntrackState

const direction = (value: 0 | 1): Step => compare({ kind: 'conntrack', key: 'direction' }, oneOf(value))
const status = (bit: number): Step =>
  compare(bitwise('and', { kind: 'conntrack', key: 'status' }, bit), oneOf(0), true)
const flags = (mask: number, value: number): Step =>
  compare(bitwise('and', field('tcp-flags', { protocols: [6] }), mask), oneOf(value))
const SYN = 2
const ACK = 16

const published = nat('prerouting', -100, [tcpDport(8080), dnat('172.17.0.2', 80)])
const publishedUdp = nat('prerouting', -100, [dnat('172.17.0.2', 80)])
const udp: Packet = { ...fromLan, protocol: 'udp' }

/** The packet of the flow that is stopped, and the hook; null: none is stopped. */
const stopOf = ({ outcome, trace }: Pick<Outcome, 'outcome' | 'trace'>): readonly [number, string] | null => {
  const last = trace.at(-1)
  const isStopped = outcome === 'dropped' || outcome === 'rejected'
  return isStopped && last !== undefined ? [last.packet, last.hook] : null
}

const ask = (rules: NetfilterRuleset, packet: Packet = fromLan): readonly [number, string] | null =>
  stopOf(evaluate(packet, facts, rules))

describe('a flow that is cut off once it is answered is dropped', () => {
  const forward = (...rules: readonly (readonly Step[])[]): NetfilterRuleset =>
    ruleset(table({}, published, base('forward', 0, {}, ...rules)))

  test('by a rule for established packets of the original direction', () => {
    const rules = forward([ctState(ESTABLISHED), direction(0), drop])
    const told = evaluate(fromLan, facts, rules)
    expect(stopOf(told)).toEqual([3, 'forward'])
    expect(told.certainty).toBe('certain')
    expect(told.at).toEqual({ address: '172.17.0.2', port: 80, interface: 'br-web' })
    expect(told.culprit?.text).toBe('rule 1 of forward0')
    // The first two packets are in the trace too, as they passed.
    expect([...new Set(told.trace.map(({ packet }) => packet))]).toEqual([1, 2, 3])
    expect(told.trace.at(-1)?.direction).toBe('original')
  })

  test('by a policy behind a rule that accepts new packets and answers alone', () => {
    const rules = (...more: readonly (readonly Step[])[]): NetfilterRuleset =>
      ruleset(
        table(
          {},
          published,
          base('forward', 0, { policy: 'drop' }, [ctState(NEW), accept], [direction(1), accept], ...more),
        ),
      )
    expect(ask(rules())).toEqual([3, 'forward'])
    expect(ask(rules([ctState(ESTABLISHED), accept]))).toBeNull()
  })

  test("by TCP's flags, on the hook where they are asked for", () => {
    const noAck = [flags(SYN | ACK, ACK), drop]
    expect(ask(forward(noAck))).toEqual([3, 'forward'])
    expect(ask(ruleset(table({}, published, base('prerouting', -150, {}, noAck))))).toEqual([3, 'prerouting'])
    expect(ask(ruleset(table({}, published, base('postrouting', 300, {}, noAck))))).toEqual([
      3,
      'postrouting',
    ])
    expect(ask(ruleset(table({}, base('input', 0, {}, noAck))))).toEqual([3, 'input'])
    const own: Packet = { ...fromLan, in: null, source: null, destination: '192.0.2.9' }
    expect(ask(ruleset(table({}, base('output', 0, {}, noAck))), own)).toEqual([3, 'output'])
    expect(ask(forward(noAck), udp)).toBeNull()
  })

  test("by a rule for answers that are no longer the handshake's", () => {
    const rules = forward([iif('br-web'), flags(SYN | ACK, ACK), drop])
    expect(ask(rules)).toEqual([4, 'forward'])
  })

  test('with a refusal it is rejected', () => {
    const reject: Step = { kind: 'reject', with: 'tcp-reset' }
    const told = evaluate(fromLan, facts, forward([ctState(ESTABLISHED), direction(0), reject]))
    expect(told.outcome).toBe('rejected')
  })

  test('by another way, to which a mark for established packets leads', () => {
    const routed = {
      ...facts,
      rules: [{ priority: 100, mark: 7, table: 100 }],
      routes: [{ destination: '172.17.0.0/16', type: 'blackhole', table: 100 }],
    }
    const marked = base('prerouting', -150, {}, [ctState(ESTABLISHED), direction(0), setMark(7)])
    const rules = ruleset(table({}, published, marked))
    expect(stopOf(evaluate(fromLan, routed, rules))?.[0]).toBe(3)
    expect(stopOf(evaluate(fromLan, facts, rules))).toBeNull()
  })
})

describe('the packet after the answer', () => {
  const marks = (...matches: readonly Step[]): NetfilterRuleset =>
    ruleset(
      table(
        {},
        published,
        publishedUdp,
        base('prerouting', -150, {}, [direction(0), ...matches, setMark(9)]),
        base('forward', 0, {}, [oif('br-web'), hasMark(9), drop]),
      ),
    )
  const isStatus = (bit: number, packet: Packet): boolean => ask(marks(status(bit)), packet)?.[0] === 3

  test('is established, and its flow translated as it was bound', () => {
    expect(ask(marks(ctState(ESTABLISHED)))).toEqual([3, 'forward'])
    expect(ask(marks(ctState(NEW)))).toEqual([1, 'forward'])
  })

  test('sees the whole status already where the first packet was not translated yet', () => {
    expect(isStatus(conntrackStatus['seen-reply'], fromLan)).toBe(true)
    expect(isStatus(conntrackStatus.confirmed, fromLan)).toBe(true)
    expect(isStatus(conntrackStatus.dnat, fromLan)).toBe(true)
    expect(isStatus(conntrackStatus.snat, fromLan)).toBe(false)
  })

  test("assures a TCP connection by itself, and not UDP's, which takes two seconds", () => {
    expect(isStatus(conntrackStatus.assured, fromLan)).toBe(true)
    expect(isStatus(conntrackStatus.assured, udp)).toBe(false)
  })

  test("carries what the answer left on the connection's mark", () => {
    const save: Step = { kind: 'set', target: 'ct-mark', value: { kind: 'constant', value: 5 } }
    const saved = compare({ kind: 'conntrack', key: 'mark' }, oneOf(5))
    const rules = ruleset(
      table({}, published, base('forward', 0, {}, [direction(0), saved, drop], [direction(1), save])),
    )
    expect(ask(rules)).toEqual([3, 'forward'])
  })

  test('meets no nat chain', () => {
    const rules = ruleset(table({}, nat('prerouting', -100, [dnat('172.17.0.2', 80)], [drop])))
    expect(ask(rules)).toBeNull()
    const closing = ruleset(table({}, nat('postrouting', 100, [ctState(ESTABLISHED), drop], [masquerade])))
    expect(ask(closing, { ...fromLan, destination: '198.51.100.9' })).toBeNull()
  })

  test('is invalid where the answer was kept out of connection tracking', () => {
    const direct: Packet = { ...fromLan, destination: '172.17.0.2', destinationPort: 80 }
    const notrack: Step = { kind: 'notrack', text: 'notrack' }
    const rules = ruleset(
      table(
        {},
        base('prerouting', -300, {}, [iif('br-web'), notrack]),
        base('forward', 0, {}, [ctState(INVALID), drop]),
      ),
    )
    expect(ask(rules, direct)).toEqual([3, 'forward'])
    // A second datagram is as new as the first.
    expect(ask(rules, { ...direct, protocol: 'udp' })).toBeNull()
  })

  test('is one that chance may stop as it may stop the first: no other outcome is told', () => {
    const chance: Step = { kind: 'unknown-match', text: 'statistic', random: true }
    const told = evaluate(
      fromLan,
      facts,
      ruleset(table({}, published, base('forward', 0, {}, [iif('eth0'), chance, drop]))),
    )
    expect([told, ...told.alternatives].map(({ outcome, at }) => [outcome, at === null])).toEqual([
      ['dropped', true],
      ['forwarded', false],
    ])
  })

  test('may be let through by what only established packets are asked for', () => {
    const limit: Step = { kind: 'unknown-match', text: 'limit', random: false }
    const chains = base(
      'forward',
      0,
      { policy: 'drop' },
      [ctState(NEW), accept],
      [direction(1), accept],
      [limit, accept],
    )
    const told = evaluate(fromLan, facts, ruleset(table({}, published, chains)))
    // As always, the first outcome is the one in which nothing unknown matches.
    expect([told.certainty, stopOf(told)]).toEqual(['possible', [3, 'forward']])
    expect(told.alternatives.map(({ outcome }) => outcome)).toEqual(['forwarded'])
  })

  test('may be stopped by what only established packets are asked for', () => {
    const limit: Step = { kind: 'unknown-match', text: 'limit', random: false }
    const told = evaluate(
      fromLan,
      facts,
      ruleset(
        table({}, published, base('forward', 0, {}, [ctState(ESTABLISHED), direction(0), limit, drop])),
      ),
    )
    expect(told.outcome).toBe('forwarded')
    expect(told.certainty).toBe('possible')
    expect(told.alternatives.map(stopOf)).toEqual([[3, 'forward']])
  })
})

describe('a mark that a nat chain sets is on the first packet alone', () => {
  const marking = nat('prerouting', -100, [setMark(9)], [tcpDport(8080), dnat('172.17.0.2', 80)])

  test('so that those after it are stopped by a rule that asks for it', () => {
    const rules = ruleset(table({}, marking, base('forward', 0, {}, [direction(0), hasMark(0), drop])))
    expect(ask(rules)).toEqual([3, 'forward'])
  })

  test('and those after it pass a rule that drops it', () => {
    const rules = ruleset(table({}, marking, base('forward', 0, {}, [hasMark(9), drop])))
    expect(ask(rules)).toEqual([1, 'forward'])
  })
})

describe('a packet that does not begin a flow is followed as before', () => {
  const cutting = ruleset(
    table(
      {},
      base('prerouting', -150, {}, [ctState(ESTABLISHED), direction(0), drop]),
      base('forward', 0, {}, [flags(SYN | ACK, ACK), direction(0), drop]),
    ),
  )
  test.each([
    ['new', [3, 'prerouting']],
    // This packet itself is the one that is stopped.
    ['established', [1, 'prerouting']],
    ['related', [1, 'forward']],
    // Neither has a direction.
    ['invalid', null],
    ['untracked', null],
  ] as const)('%s', (state, stop) => {
    expect(ask(cutting, { ...fromLan, destination: '172.17.0.2', state })).toEqual(stop)
  })

  test('nor is anything that follows an answered ping', () => {
    const { sourcePort: _, destinationPort: __, ...ping } = fromLan
    expect(ask(cutting, { ...ping, protocol: 'icmp' })).toBeNull()
  })
})
