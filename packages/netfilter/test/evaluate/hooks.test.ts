import { describe, expect, test } from '@jest/globals'
import { evaluate, goTo, jumpTo, type NetfilterTable, verdict } from '../../src/index.ts'
import {
  accept,
  base,
  type ChainSketch,
  chain,
  dnat,
  drop,
  facts,
  fromLan,
  hasMark,
  iif,
  nat,
  ruleset,
  setMark,
  table,
  tcpDport,
  to,
} from './model.ts'

const outcomeOf = (...tables: readonly NetfilterTable[]): string =>
  evaluate(fromLan, facts, ruleset(...tables)).outcome

describe('hooks and priorities', () => {
  test('a packet to the host passes prerouting and input, and its answer output and postrouting', () => {
    const all = (['prerouting', 'input', 'forward', 'output', 'postrouting'] as const).map((hook) =>
      base(hook, 0, {}),
    )
    const { outcome, trace } = evaluate(fromLan, facts, ruleset(table({}, ...all)))
    expect(outcome).toBe('local')
    expect(trace.map(({ direction, hook }) => `${direction} ${hook}`)).toEqual([
      'original prerouting',
      'original input',
      'reply output',
      'reply postrouting',
    ])
  })

  test('base chains run by priority, whatever table or tool they are of', () => {
    const marks = table(
      { name: 'a', tool: 'iptables-legacy', family: 'ip' },
      base('input', 10, {}, [setMark(1)]),
    )
    const reads = table({ name: 'b' }, base('input', 20, {}, [hasMark(1), drop]))
    expect(outcomeOf(reads, marks)).toBe('dropped')
    const early = table({ name: 'b' }, base('input', 5, {}, [hasMark(1), drop]))
    expect(outcomeOf(early, marks)).toBe('local')
  })

  test('inet chains see packets of both families, ip6 chains none of IPv4', () => {
    expect(outcomeOf(table({ family: 'inet' }, base('input', 0, {}, [drop])))).toBe('dropped')
    expect(outcomeOf(table({ family: 'ip6' }, base('input', 0, {}, [drop])))).toBe('local')
  })

  test('chains of arp and bridge tables are not on the way from a wire to the host', () => {
    for (const family of ['arp', 'bridge'] as const)
      expect(outcomeOf(table({ family }, base('input', 0, {}, [drop])))).toBe('local')
  })

  test('a bridge table may stop what crosses a bridge: it is not walked, so it is possible', () => {
    const bridge = ruleset(table({ family: 'bridge', name: 'b' }, base('forward', -200, {}, [drop])))
    const found = evaluate({ ...fromLan, destination: '172.17.0.2' }, facts, bridge)
    expect(found).toMatchObject({ outcome: 'forwarded', certainty: 'possible' })
    expect(found.alternatives[0]).toMatchObject({
      outcome: 'dropped',
      culprit: { text: 'table bridge b, on br-web' },
    })
    const idle = ruleset(table({ family: 'bridge', name: 'b' }, base('forward', -200, {})))
    expect(evaluate({ ...fromLan, destination: '172.17.0.2' }, facts, idle).certainty).toBe('certain')
  })

  test.each<[string, readonly ChainSketch[]]>([
    ['accepts', [base('forward', -200, {}, [accept])]],
    ['counts and goes on', [base('forward', -200, {}, [{ kind: 'note', text: 'counter' }])]],
    [
      'leads to a chain that returns',
      [base('forward', -200, {}, [jumpTo('b')]), chain('b', [verdict('return')])],
    ],
    ['drops in a chain that no packet comes to', [base('forward', -200, {}, [accept]), chain('b', [drop])]],
    ['marks packets, though no rule asks for a mark', [base('prerouting', -200, {}, [setMark(1)])]],
  ])('a bridge table that %s changes nothing', (_, chains) => {
    const bridge = ruleset(table({ family: 'bridge', name: 'b' }, ...chains))
    const found = evaluate({ ...fromLan, destination: '172.17.0.2' }, facts, bridge)
    expect(found).toMatchObject({ outcome: 'forwarded', certainty: 'certain', alternatives: [] })
  })

  test.each<[string, readonly ChainSketch[]]>([
    ['has a policy of drop', [base('forward', -200, { policy: 'drop' }, [accept])]],
    ['drops in a chain that it leads to', [base('forward', -200, {}, [jumpTo('b')]), chain('b', [drop])]],
    [
      'does something that is not understood',
      [base('forward', -200, {}, [{ kind: 'unknown-action', text: '?' }])],
    ],
  ])('a bridge table that %s may stop a packet', (_, chains) => {
    const bridge = ruleset(table({ family: 'bridge', name: 'b' }, ...chains))
    expect(evaluate({ ...fromLan, destination: '172.17.0.2' }, facts, bridge).certainty).toBe('possible')
  })

  test('a bridge table that marks packets may decide where a rule asks for the mark', () => {
    const marks = table({ family: 'bridge', name: 'b' }, base('prerouting', -200, {}, [setMark(1)]))
    const asks = table({ family: 'inet', name: 'f' }, base('forward', 0, {}, [hasMark(2), drop]))
    const found = evaluate({ ...fromLan, destination: '172.17.0.2' }, facts, ruleset(marks, asks))
    expect(found.certainty).toBe('possible')
  })

  test('an ingress chain that cannot drop changes nothing', () => {
    const sketch = base('ingress', 0, {}, [setMark(1)], [accept])
    const hook = sketch.base === null ? null : { ...sketch.base, devices: ['eth0'] }
    const netdev = ruleset(table({ family: 'netdev' }, { ...sketch, base: hook }))
    expect(evaluate(fromLan, facts, netdev)).toMatchObject({ outcome: 'local', certainty: 'certain' })
  })

  test('an ingress chain sees what its devices receive, ahead of all others', () => {
    const ingress = (device: string): NetfilterTable => {
      const sketch = base('ingress', 0, {}, [drop])
      const hook = sketch.base === null ? null : { ...sketch.base, devices: [device] }
      return table({ family: 'netdev' }, { ...sketch, base: hook })
    }
    expect(outcomeOf(ingress('eth0'))).toBe('dropped')
    expect(outcomeOf(ingress('eth1'))).toBe('local')
  })

  test('a dormant table does nothing', () => {
    expect(outcomeOf(table({ dormant: true }, base('input', 0, {}, [drop])))).toBe('local')
  })
})

describe('equal priorities', () => {
  const one = table({ name: 'older' }, nat('prerouting', -100, [tcpDport(8080), dnat('172.17.0.2', 80)]))
  const two = table({ name: 'newer' }, nat('prerouting', -100, [tcpDport(8080), dnat('172.18.0.2', 80)]))

  test('of two nat chains that both bind, the newer is likelier, and it is only possible', () => {
    const found = evaluate(fromLan, facts, ruleset(one, two))
    expect(found).toMatchObject({
      outcome: 'forwarded',
      certainty: 'possible',
      at: { address: '172.18.0.2' },
    })
    expect(found.alternatives.map(({ at }) => at?.address)).toEqual(['172.17.0.2'])
    expect(found.undetermined).toEqual([
      'nft inet newer nat-prerouting-100, nft inet older nat-prerouting-100',
    ])
  })

  test('where they agree, or only one binds, it is certain', () => {
    expect(evaluate(fromLan, facts, ruleset(one, one)).certainty).toBe('certain')
    const other = table({ name: 'other' }, nat('prerouting', -100, [tcpDport(9090), dnat('172.18.0.2', 80)]))
    expect(evaluate(fromLan, facts, ruleset(one, other))).toMatchObject({
      certainty: 'certain',
      undetermined: [],
    })
  })

  test('an earlier priority settles it', () => {
    const early = table({ name: 'early' }, nat('prerouting', -105, [tcpDport(8080), dnat('172.17.0.9', 80)]))
    expect(evaluate(fromLan, facts, ruleset(early, two))).toMatchObject({
      certainty: 'certain',
      at: { address: '172.17.0.9', port: 80 },
    })
  })

  test('filters that leave nothing behind may run in any order', () => {
    const drops = table({ name: 'x' }, base('input', 0, {}, [drop]))
    const accepts = table({ name: 'y' }, base('input', 0, {}, [accept]))
    for (const order of [
      [drops, accepts],
      [accepts, drops],
    ])
      expect(evaluate(fromLan, facts, ruleset(...order))).toMatchObject({
        outcome: 'dropped',
        certainty: 'certain',
      })
  })

  test('a filter beside the dispatcher of nat may see the packet before or after translation', () => {
    const filter = table({ name: 'f' }, base('prerouting', -100, {}, [tcpDport(8080), drop]))
    const early = table({ name: 'e' }, nat('prerouting', -101, [tcpDport(8080), dnat('172.17.0.2', 80)]))
    expect(evaluate(fromLan, facts, ruleset(filter, early)).certainty).toBe('possible')
  })

  test('one that marks and one that reads the mark are undetermined', () => {
    const marks = table({ name: 'm' }, base('input', 0, {}, [setMark(7)]))
    const reads = table({ name: 'r' }, base('input', 0, {}, [hasMark(7), drop]))
    const found = evaluate(fromLan, facts, ruleset(marks, reads))
    expect(found.certainty).toBe('possible')
    expect(found.undetermined).toHaveLength(1)
  })
})

describe('verdicts', () => {
  test('accept ends only its own base chain', () => {
    const both = table({}, base('input', 0, {}, [accept]), base('input', 10, { policy: 'drop' }))
    const found = evaluate(fromLan, facts, ruleset(both))
    expect(found.outcome).toBe('dropped')
    expect(found.culprit).toMatchObject({ tool: 'nft', table: 't', chain: 'input10', position: 'policy' })
  })

  test('an accept elsewhere does not save a packet from the policy of iptables', () => {
    const ours = table({}, base('forward', -10, {}, [accept]))
    const legacy = table(
      { tool: 'iptables-legacy', family: 'ip', name: 'filter' },
      base('forward', 0, { policy: 'drop', name: 'FORWARD' }),
    )
    const found = evaluate({ ...fromLan, destination: '172.17.0.2' }, facts, ruleset(ours, legacy))
    expect(found.culprit).toMatchObject({
      tool: 'iptables-legacy',
      table: 'filter',
      chain: 'FORWARD',
      text: '-P FORWARD DROP',
    })
  })

  test('after a jump, return goes on behind it', () => {
    expect(
      outcomeOf(
        table({}, base('input', 0, {}, [jumpTo('sub')], [drop]), chain('sub', [verdict('return')], [accept])),
      ),
    ).toBe('dropped')
  })

  test('after a goto, return ends the base chain with its policy', () => {
    const sub = chain('sub', [verdict('return')])
    expect(outcomeOf(table({}, base('input', 0, {}, [goTo('sub')], [drop]), sub))).toBe('local')
    expect(outcomeOf(table({}, base('input', 0, { policy: 'drop' }, [goTo('sub')], [accept]), sub))).toBe(
      'dropped',
    )
  })

  test('a goto inside a jumped-to chain returns to behind the jump', () => {
    const chains = [chain('one', [goTo('two')], [drop]), chain('two')]
    expect(
      outcomeOf(table({}, base('input', 0, { policy: 'drop' }, [jumpTo('one')], [accept]), ...chains)),
    ).toBe('local')
  })

  test('return in a base chain is its policy', () => {
    expect(outcomeOf(table({}, base('input', 0, { policy: 'drop' }, [verdict('return')], [accept])))).toBe(
      'dropped',
    )
  })

  test('reject ends everything, and is told from a drop', () => {
    const found = evaluate(
      fromLan,
      facts,
      ruleset(table({}, base('input', 0, {}, [{ kind: 'reject', with: null }]))),
    )
    expect(found).toMatchObject({
      outcome: 'rejected',
      culprit: { position: 1, handle: 10, text: 'rule 1 of input0' },
    })
  })

  test('what stands before a failing match in a rule has been done', () => {
    const rules = table({}, base('input', 0, {}, [setMark(1), tcpDport(1), drop], [hasMark(1), drop]))
    expect(outcomeOf(rules)).toBe('dropped')
  })

  test('a field the packet has not makes no match, negated or not', () => {
    const udpOnly = { kind: 'field', field: 'dport', family: null, protocols: [17] } as const
    for (const negated of [false, true]) {
      const match = { kind: 'compare', expression: udpOnly, values: { kind: 'any' }, negated } as const
      expect(outcomeOf(table({}, base('input', 0, {}, [match, drop])))).toBe('local')
    }
  })

  test('the trace names every rule that acted, and the culprit is the last', () => {
    const rules = table(
      {},
      base('prerouting', -150, {}, [iif('eth0'), setMark(5)], [iif('eth1'), drop]),
      base('input', 0, {}, [hasMark(5), jumpTo('sub')]),
      chain('sub', [to('192.0.2.2'), drop]),
    )
    const { trace, culprit } = evaluate(fromLan, facts, ruleset(rules))
    expect(trace.map(({ chain: name, rule, verdict: what }) => `${name}: ${rule}: ${what}`)).toEqual([
      'prerouting-150: rule 1 of prerouting-150: set mark',
      'prerouting-150: policy: accept',
      'input0: rule 1 of input0: jump sub',
      'sub: rule 1 of sub: drop',
    ])
    expect(culprit).toMatchObject({ chain: 'sub', position: 1 })
  })
})
