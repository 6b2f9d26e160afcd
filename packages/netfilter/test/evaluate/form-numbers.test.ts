import { describe, expect, test } from '@jest/globals'
import { between, compare, field, named, oneOf, type Step, verdict } from '@portolan/netfilter'
import { formNumbers } from '../../src/evaluate/chain/form-numbers.ts'

const from = (first: number, last: number): Step =>
  compare(field('saddr', { family: 'ip' }), between(first, last))
const tcp = compare(field('l4proto'), oneOf(6))
const port = (value: number, protocols: readonly number[] = [6]): Step =>
  compare(field('dport', { protocols }), oneOf(value))
const drop = verdict('drop')

/** The numbers of rules, of each of which what the first step asks for is left out. */
const numbersOf = (...rules: readonly (readonly Step[])[]): readonly number[] => {
  const numberOf = formNumbers()
  return rules.map((steps) => numberOf(steps, 0))
}

describe('the number of a form', () => {
  test('is the same for rules that differ in what one step asks for', () => {
    expect(numbersOf([from(1, 2), tcp, drop], [from(7, 9), tcp, drop])).toEqual([0, 0])
    expect(numbersOf([from(1, 2), tcp, port(80), drop], [from(7, 9), tcp, port(80), drop])).toEqual([0, 0])
  })

  test.each<[string, readonly Step[]]>([
    ['port', [from(7, 9), tcp, port(81), drop]],
    ['protocol of a port', [from(7, 9), tcp, port(80, [17]), drop]],
    ['verdict', [from(7, 9), tcp, port(80), verdict('accept')]],
    ['number of steps', [from(7, 9), tcp, drop]],
    ['order of steps', [from(7, 9), port(80), tcp, drop]],
    ['interface', [from(7, 9), tcp, port(80), compare(field('iifname'), named('eth0')), drop]],
    ['direction of a match', [from(7, 9), compare(field('l4proto'), oneOf(6), true), port(80), drop]],
    [
      'field that is left out',
      [compare(field('daddr', { family: 'ip' }), between(7, 9)), tcp, port(80), drop],
    ],
    [
      'match that is not understood',
      [from(7, 9), { kind: 'unknown-match', text: '-m x', random: false }, drop],
    ],
  ])('is another for rules that differ in the %s', (_, other) => {
    const [first, second] = numbersOf([from(1, 2), tcp, port(80), drop], other)
    expect(second).not.toBe(first)
  })

  test('tells rules apart by what they say of what is not plain', () => {
    const unknown = (text: string): Step => ({ kind: 'unknown-match', text, random: false })
    expect(
      numbersOf(
        [from(1, 2), unknown('a'), drop],
        [from(3, 4), unknown('b'), drop],
        [from(5, 6), unknown('a'), drop],
      ),
    ).toEqual([0, 1, 0])
  })

  test('tells IPv6 addresses apart by all of their bits', () => {
    const to = (value: bigint): Step => compare(field('daddr', { family: 'ip6' }), oneOf(value))
    const source = compare(field('saddr', { family: 'ip6' }), oneOf(1n))
    expect(numbersOf([source, to(1n), drop], [source, to(1n + (1n << 64n)), drop])).toEqual([0, 1])
  })
})
