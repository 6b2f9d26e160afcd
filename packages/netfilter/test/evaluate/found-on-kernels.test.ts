import { describe, expect, test } from '@jest/globals'
import {
  bitwise,
  compare,
  conntrackStatus,
  constant,
  type ElementTable,
  evaluate,
  field,
  type NatStep,
  named,
  oneOf,
  type Packet,
  type RuleTool,
  type Step,
} from '../../src/index.ts'
import {
  accept,
  base,
  confirmed,
  dnat,
  drop,
  facts,
  fromLan,
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
