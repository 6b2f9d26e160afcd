import { describe, expect, test } from '@jest/globals'
import { addressType, compare, evaluate, type FibExpression, oneOf, type Packet } from '../../src/index.ts'
import { base, drop, facts, fromLan, ruleset, table } from './model.ts'

const fib = (more: Partial<FibExpression>): FibExpression => ({
  kind: 'fib',
  of: 'daddr',
  result: 'type',
  limit: null,
  mark: false,
  ...more,
})

const holds = (packet: Packet, expression: FibExpression, ...values: readonly number[]): boolean =>
  evaluate(
    packet,
    facts,
    ruleset(table({}, base('prerouting', -300, {}, [compare(expression, oneOf(...values)), drop]))),
  ).culprit?.tool === 'nft'

describe('fib and addrtype', () => {
  test.each([
    ['192.0.2.2', 'local'],
    ['198.51.100.2', 'local'],
    ['127.3.2.1', 'local'],
    ['192.0.2.255', 'broadcast'],
    ['255.255.255.255', 'broadcast'],
    ['0.1.2.3', 'broadcast'],
    ['224.0.0.1', 'multicast'],
    ['172.17.0.2', 'unicast'],
    ['8.8.8.8', 'unicast'],
  ] as const)('%s is %s, on any interface', (destination, type) => {
    for (const other of ['local', 'broadcast', 'multicast', 'unicast'] as const)
      expect(holds({ ...fromLan, destination }, fib({}), addressType[other])).toBe(other === type)
  })

  test('limited to the interface it came in by, another one’s address is no local one', () => {
    expect(holds({ ...fromLan, destination: '198.51.100.2' }, fib({ limit: 'in' }), addressType.local)).toBe(
      false,
    )
    expect(holds(fromLan, fib({ limit: 'in' }), addressType.local)).toBe(true)
  })

  test('IPv6 knows local, multicast and unicast', () => {
    const six: Packet = { ...fromLan, family: 'ip6', source: '2001:db8:1::9', destination: '2001:db8:1::2' }
    expect(holds(six, fib({}), addressType.local)).toBe(true)
    expect(holds({ ...six, destination: '2001:db8:1::3' }, fib({}), addressType.unicast)).toBe(true)
    expect(holds({ ...six, destination: 'ff02::1' }, fib({}), addressType.multicast)).toBe(true)
  })

  test('a reverse path is there only through the interface asked for', () => {
    const reverse = fib({ of: 'saddr', result: 'present', limit: 'in' })
    expect(holds(fromLan, reverse, 1)).toBe(true)
    expect(holds({ ...fromLan, source: '198.51.100.9' }, reverse, 0)).toBe(true)
    expect(holds({ ...fromLan, source: '198.51.100.9' }, { ...reverse, limit: null }, 1)).toBe(true)
  })
})
