import { describe, expect, test } from '@jest/globals'
import {
  adopt,
  applyTo,
  compile,
  diff,
  emptyRuleset,
  ours,
  parse,
  print,
  projectsIn,
  published,
} from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'

const many = Array.from({ length: 40 }, (_, index) => mapping(8000 + index))
const whole = compile(
  desiredState(
    [...many, mapping(9000, { allowFrom: ['192.0.2.0/24'] }), mapping(9001, { interface: 'eth0' })],
    { networks: [network('web', 1), network('back', 2, { mode: 'routed' })] },
  ),
)
const text = print(whole, 'iptables-save')
const names = [...new Set(text.match(/PORTOLAN-[\w-]+/g) ?? [])].toSorted((a, b) => b.length - a.length)

/** The effect of `iptables -E` in the kernel: rules that jumped to the chain still do. */
const rename = (from: string): ReturnType<typeof parse> =>
  parse(text.replaceAll(new RegExp(`${from}(?![\\w-])`, 'g'), 'other'))

describe('a chain of ours that was renamed', () => {
  test.each(names)('%s is removed with the rest, and what leads to it', (name) => {
    const actual = rename(name)
    expect(print(ours(actual), 'iptables-save')).toBe(print(actual, 'iptables-save'))
    expect(print(applyTo(actual, diff(actual, emptyRuleset)), 'iptables-save')).not.toMatch(/other|PORTOLAN/)
  })

  test.each(names)('%s is made again by a plan, with what every project has in it', (name) => {
    const actual = rename(name)
    expect(projectsIn(actual)).toEqual(['demo'])
    expect(published(actual)).toHaveLength(42)
    const wanted = adopt(actual, null, 'another')
    expect(print(wanted, 'iptables-save')).toBe(text)
    const mended = applyTo(actual, diff(actual, wanted))
    expect(print(mended, 'iptables-save')).toBe(text)
  })

  test('is told from a chain of others that a foreign rule in ours leads to', () => {
    const foreign = text
      .replace('*mangle\n', '*mangle\n:MINE - [0:0]\n')
      .replace('-A PORTOLAN-FORWARD', '-A MINE -j DROP\n-A PORTOLAN-FORWARD -j MINE\n-A PORTOLAN-FORWARD')
    const actual = parse(foreign)
    const left = print(applyTo(actual, diff(actual, emptyRuleset)), 'iptables-save')
    expect(left).toContain(':MINE')
    expect(left).toContain('-A MINE -j DROP')
    expect(left).not.toContain('PORTOLAN')
  })
})
