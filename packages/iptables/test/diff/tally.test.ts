import { describe, expect, test } from '@jest/globals'
import { countOf } from '@portolan/core'
import { compile, diff, emptyRuleset, iptablesNft, type Ruleset } from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'

const before = compile(desiredState([mapping(8080)]))
const after = compile(desiredState([mapping(8080), mapping(8081)], { networks: [network('db', 2)] }))

const sums = (actual: Ruleset, desired: Ruleset): Record<string, number> => {
  const tallies = diff(actual, desired).map(({ operation }) => iptablesNft.tally(operation))
  const sum = (side: 'added' | 'removed', kind: 'rules' | 'chains'): number =>
    tallies.reduce((total, tally) => total + tally[side][kind], 0)
  return {
    rules: sum('added', 'rules') - sum('removed', 'rules'),
    chains: sum('added', 'chains') - sum('removed', 'chains'),
  }
}

const ruleCount = ({ tables }: Ruleset): number =>
  tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules)).length

describe('what changes come to', () => {
  test('is the difference of what two states hold, and all of it from nothing and to nothing', () => {
    expect(sums(before, after).rules).toBe(ruleCount(after) - ruleCount(before))
    expect(sums(emptyRuleset, after).rules).toBe(ruleCount(after))
    expect(sums(after, emptyRuleset).rules).toBe(-ruleCount(after))
    expect(sums(after, emptyRuleset).chains).toBe(-(sums(emptyRuleset, after).chains ?? 0))
  })

  test('names the table, and counts a rule that is moved as changed', () => {
    const rule = before.tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules))[0]
    if (rule === undefined) throw new Error('a rule was expected')
    const operation = { family: 'ip', table: 'nat', chain: 'PREROUTING', rule, from: 2, to: 1 } as const
    expect(iptablesNft.tally({ kind: 'move-rule', ...operation })).toEqual({
      ...{ table: 'nat', added: countOf(), removed: countOf() },
      changed: countOf({ rules: 1 }),
    })
  })
})
