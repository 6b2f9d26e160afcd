import { describe, expect, test } from '@jest/globals'
import { type DispatchEntry, dispatch, rootOf } from '../../src/compile/tree/dispatch.ts'
import { printRule } from '../../src/index.ts'
import { drop, ports, returns, rule } from '../../src/model/build.ts'

const entry = (port: number, protocol: 'tcp' | 'udp' | 'sctp' = 'tcp'): DispatchEntry => ({
  protocol,
  port,
  rule: rule(ports(protocol, port, port), returns),
})

const range = (first: number, count: number): readonly DispatchEntry[] =>
  Array.from({ length: count }, (_, index) => entry(first + index))

const flat = (entries: readonly DispatchEntry[]) => {
  const tree = dispatch('ROOT', entries, null)
  return { root: tree.root.map(printRule), chains: [...tree.chains.keys()] }
}

describe('dispatch', () => {
  test('leaves up to sixteen rules in a list', () => {
    const { root, chains } = flat(range(8080, 16))
    expect(root).toHaveLength(16)
    expect(chains).toEqual([])
  })

  test('parts more by protocol, then by the hexadecimal digits of the port', () => {
    const { root, chains } = flat([...range(0x8000, 17), ...range(0x8100, 17), entry(53, 'udp')])
    expect(root).toEqual(['-p tcp -g ROOT-T', '-p udp -g ROOT-U'])
    expect(new Set(chains)).toEqual(
      new Set([
        'ROOT-T',
        'ROOT-T-8XXX',
        'ROOT-T-80XX',
        'ROOT-T-800X',
        'ROOT-T-801X',
        'ROOT-T-81XX',
        'ROOT-T-810X',
        'ROOT-T-811X',
        'ROOT-U',
      ]),
    )
  })

  test('hands a range of ports to each branch', () => {
    const tree = dispatch('ROOT', [...range(0x8000, 10), ...range(0x9000, 10)], null)
    expect(tree.chains.get('ROOT-T')?.map(printRule)).toEqual([
      '-p tcp -m tcp --dport 32768:36863 -g ROOT-T-8XXX',
      '-p tcp -m tcp --dport 36864:40959 -g ROOT-T-9XXX',
    ])
  })

  test('ends every node with what becomes of a miss', () => {
    const tree = dispatch('ROOT', range(8080, 40), drop)
    for (const rules of [tree.root, ...tree.chains.values()]) {
      const last = rules.at(-1)
      expect(last === undefined ? '' : printRule(last)).toBe('-j DROP')
    }
  })

  test('changes a handful of lines for one port more among ten thousand', () => {
    const lines = (entries: readonly DispatchEntry[]): Set<string> => {
      const tree = dispatch('ROOT', entries, null)
      return new Set(
        [...tree.chains].flatMap(([name, rules]) => [
          name,
          ...rules.map((one) => `${name} ${printRule(one)}`),
        ]),
      )
    }
    const before = lines(range(10000, 10000))
    const after = lines(range(10000, 10001))
    expect([...after].filter((line) => !before.has(line)).length).toBeLessThanOrEqual(4)
    expect([...before].filter((line) => !after.has(line))).toEqual([])
  })

  test('walks a packet past at most 67 rules to any of all ports of a protocol', () => {
    const tree = dispatch('ROOT', range(1, 65535), null)
    const longest = Math.max(...[...tree.chains.values()].map((rules) => rules.length))
    expect(longest).toBe(16)
  })

  test('finds the root of a node again', () => {
    expect(rootOf('PORTOLAN-DNAT-T-80XX', ['PORTOLAN-DNAT'])).toBe('PORTOLAN-DNAT')
    expect(rootOf('PORTOLAN-DNAT-U', ['PORTOLAN-DNAT'])).toBe('PORTOLAN-DNAT')
    expect(rootOf('PORTOLAN-DNAT', ['PORTOLAN-DNAT'])).toBe('PORTOLAN-DNAT')
    expect(rootOf('PORTOLAN-IN-x-T', ['PORTOLAN-DNAT'])).toBe('PORTOLAN-IN-x-T')
  })
})
