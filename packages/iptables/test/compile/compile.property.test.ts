import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  adopt,
  applyTo,
  compile,
  diff,
  emptyRuleset,
  ours,
  parse,
  print,
  printRule,
  selectFamily,
} from '../../src/index.ts'
import { desiredStates } from '../support/arbitrary.ts'

const runs = { numRuns: 100 }

describe('a compiled ruleset', () => {
  test('is read back from its text as it was', () => {
    fc.assert(
      fc.property(desiredStates(), (desired) => {
        const compiled = compile(desired)
        for (const family of ['ip', 'ip6'] as const) {
          const part = selectFamily(compiled, family)
          const text = print(part, 'iptables-save')
          const read = parse(text, 'text', family)
          expect(print(read, 'iptables-save')).toBe(text)
          expect(read.tables.map((table) => table.chains.map((chain) => chain.rules))).toEqual(
            part.tables.map((table) => table.chains.map((chain) => chain.rules)),
          )
        }
      }),
      runs,
    )
  })

  test('is the same whether one program reads its script or the other', () => {
    fc.assert(
      fc.property(desiredStates(), (desired) => {
        const compiled = compile(desired)
        const script = print(compiled, 'iptables-restore')
        const families = new Set(compiled.tables.map((table) => table.family))
        for (const family of families) {
          expect(diff(parse(script, 'script', family), selectFamily(compiled, family))).toEqual([])
        }
      }),
      runs,
    )
  })

  test('differs from itself in nothing, and becomes any other by the difference', () => {
    fc.assert(
      fc.property(desiredStates(), desiredStates(), (one, other) => {
        const before = compile(one)
        const after = compile(other)
        expect(diff(before, before)).toEqual([])
        expect(applyTo(before, diff(before, after))).toEqual(after)
        expect(applyTo(before, diff(before, emptyRuleset))).toEqual(emptyRuleset)
      }),
      runs,
    )
  })

  test('of one project joins that of another, and leaves it as it was when it goes', () => {
    fc.assert(
      fc.property(desiredStates('one', 30), desiredStates('two', 30), (left, right) => {
        const one = compile(left)
        const both = adopt(one, right, 'two')
        expect(adopt(compile(right), left, 'one')).toEqual(both)
        expect(adopt(both, right, 'two')).toEqual(both)
        expect(adopt(both, null, 'two')).toEqual(one)
        expect(ours(applyTo(one, diff(one, both)))).toEqual(both)
      }),
      runs,
    )
  })

  test('keeps every line whole, whatever a label says', () => {
    fc.assert(
      fc.property(desiredStates(), (desired) => {
        const lines = print(compile(desired), 'iptables-save').split('\n')
        expect(lines.filter((line) => !/^(|[*:#].*|-A \S+ .*|COMMIT)$/.test(line))).toEqual([])
      }),
      runs,
    )
  })

  test('walks a packet past no more than sixteen rules in any node of a tree', () => {
    fc.assert(
      fc.property(desiredStates('demo', 60), (desired) => {
        for (const table of compile(desired).tables) {
          for (const chain of table.chains) {
            if (!/^PORTOLAN-DNAT-/.test(chain.name)) continue
            const ports = new Set(chain.rules.map((rule) => printRule(rule).match(/--dport (\S+)/)?.[1]))
            expect(ports.size).toBeLessThanOrEqual(16)
          }
        }
      }),
      runs,
    )
  })
})
