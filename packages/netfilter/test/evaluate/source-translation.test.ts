import { describe, expect, test } from '@jest/globals'
import { evaluate, verdict } from '../../src/index.ts'
import { base, drop, facts, from, fromLan, masquerade, nat, oif, ruleset, snat, table } from './model.ts'
import { publish } from './published-port.ts'

describe('source translation', () => {
  const egress = {
    ...fromLan,
    in: 'br-web',
    source: '172.17.0.2',
    destination: '198.51.100.9',
    destinationPort: 443,
  }

  test('masquerade takes the address of the interface the packet leaves by', () => {
    const rules = ruleset(table({}, nat('postrouting', 100, [oif('eth1'), masquerade])))
    expect(evaluate(egress, facts, rules)).toMatchObject({
      outcome: 'forwarded',
      at: { interface: 'eth1' },
      seenAs: { source: '198.51.100.2', sourcePort: [1024, 65535] },
    })
  })

  test('masquerade prefers the address of the prefix the next hop is in', () => {
    const more = {
      ...facts,
      interfaces: [
        ...(facts.interfaces ?? []),
        { name: 'eth2', index: 9, addresses: ['203.0.113.1/25', '203.0.113.129/25'] },
      ],
    }
    const rules = ruleset(table({}, nat('postrouting', 100, [masquerade])))
    expect(evaluate({ ...egress, destination: '203.0.113.200' }, more, rules).seenAs?.source).toBe(
      '203.0.113.129',
    )
    expect(evaluate({ ...egress, destination: '203.0.113.100' }, more, rules).seenAs?.source).toBe(
      '203.0.113.1',
    )
  })

  test('masquerade of an interface without address takes another one’s, and drops when there is none', () => {
    const bare = {
      interfaces: [
        { name: 'lo', index: 1 },
        { name: 'tun0', index: 2 },
      ],
      routes: [{ destination: 'default', interface: 'tun0' }],
    }
    const rules = ruleset(table({}, nat('postrouting', 100, [masquerade])))
    const found = evaluate({ ...egress, in: 'br-web' }, bare, rules)
    expect(found).toMatchObject({ outcome: 'dropped', culprit: { position: 1 } })
  })

  test('both sides are bound independently', () => {
    const rules = ruleset(table({}, publish, nat('postrouting', 100, [snat('172.17.0.1')])))
    expect(evaluate(fromLan, facts, rules)).toMatchObject({
      outcome: 'forwarded',
      at: { address: '172.17.0.2' },
      seenAs: { source: '172.17.0.1' },
    })
  })

  test('a filter behind it in postrouting sees the new source', () => {
    const rules = (priority: number): ReturnType<typeof ruleset> =>
      ruleset(
        table(
          {},
          nat('postrouting', 100, [oif('eth1'), masquerade]),
          base('postrouting', priority, {}, [from('172.17.0.2'), drop]),
        ),
      )
    expect(evaluate(egress, facts, rules(101)).outcome).toBe('forwarded')
    expect(evaluate(egress, facts, rules(99)).outcome).toBe('dropped')
  })

  test('SNAT in input changes what a local process sees', () => {
    const rules = ruleset(table({}, nat('input', 100, [snat('192.0.2.77')])))
    expect(evaluate(fromLan, facts, rules)).toMatchObject({
      outcome: 'local',
      seenAs: { source: '192.0.2.77' },
    })
  })

  test('a low source port stays a low port', () => {
    const rules = ruleset(table({}, nat('postrouting', 100, [masquerade])))
    expect(evaluate({ ...egress, sourcePort: 500 }, facts, rules).seenAs?.sourcePort).toEqual([1, 511])
    expect(evaluate({ ...egress, sourcePort: 900 }, facts, rules).seenAs?.sourcePort).toEqual([600, 1023])
  })

  test('accept in an earlier chain leaves the source alone only in its own chain', () => {
    const rules = ruleset(
      table({}, nat('postrouting', 90, [verdict('accept')]), nat('postrouting', 100, [masquerade])),
    )
    expect(evaluate(egress, facts, rules).seenAs?.source).toBe('198.51.100.2')
  })
})
