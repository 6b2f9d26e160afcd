import { describe, expect, test } from '@jest/globals'
import type { RuleCount } from '@portolan/core'
import fc from 'fast-check'
import { compile, diff, nftables, type Ruleset } from '../../src/index.ts'
import { emptyRuleset } from '../../src/model/index.ts'
import { desiredState } from '../arbitrary/desired-state.ts'

const kinds = ['rules', 'elements', 'chains', 'sets'] as const

const contents = ({ tables }: Ruleset): RuleCount => ({
  rules: tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules)).length,
  elements: tables.flatMap(({ sets }) => sets.flatMap(({ elements }) => elements)).length,
  chains: tables.flatMap(({ chains }) => chains).length,
  sets: tables.flatMap(({ sets }) => sets).length,
})

const tallies = (actual: Ruleset, desired: Ruleset) =>
  diff(actual, desired).map(({ operation }) => nftables.tally(operation))

describe('what changes come to', () => {
  test('is, from nothing and to nothing, all there is', () => {
    fc.assert(
      fc.property(desiredState(), (desired) => {
        const rules = compile(desired)
        const all = contents(rules)
        for (const kind of kinds) {
          const added = tallies(emptyRuleset, rules).reduce((sum, one) => sum + one.added[kind], 0)
          const removed = tallies(rules, emptyRuleset).reduce((sum, one) => sum + one.removed[kind], 0)
          expect([kind, added, removed]).toEqual([kind, all[kind], all[kind]])
        }
      }),
    )
  })

  test('is, between two states, the difference of what they hold', () => {
    fc.assert(
      fc.property(desiredState(), desiredState(), (one, other) => {
        const [actual, desired] = [compile(one), compile(other)]
        const [before, after] = [contents(actual), contents(desired)]
        for (const kind of kinds) {
          const more = tallies(actual, desired).reduce(
            (sum, { added, removed }) => sum + added[kind] - removed[kind],
            0,
          )
          expect([kind, more]).toEqual([kind, after[kind] - before[kind]])
        }
      }),
    )
  })

  test('names the table, and counts rules of a chain that is written anew only where they differ', () => {
    const rules = compile(fc.sample(desiredState(), 1)[0] as never)
    const chain = rules.tables[0]?.chains.find((one) => one.rules.length > 1)
    if (chain === undefined) throw new Error('a chain with rules was expected')
    const count = (kept: typeof chain.rules) => {
      const { table, added, changed, removed } = nftables.tally({ kind: 'replace-rules', chain, rules: kept })
      return [table, added.rules, changed.rules, removed.rules]
    }
    const many = chain.rules.length
    expect(count(chain.rules.slice(1))).toEqual(['inet portolan', 0, 0, 1])
    expect(count([...chain.rules, ...chain.rules.slice(0, 1)])).toEqual(['inet portolan', 1, 0, 0])
    expect(count(chain.rules.toReversed())).toEqual(['inet portolan', 0, many, 0])
  })
})
