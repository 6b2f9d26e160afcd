import { describe, expect, test } from '@jest/globals'
import { eachAttribute, eachMessage } from '@portolan/core/netlink'
import fc from 'fast-check'
import { compile, diff, encodeBatch, type NamedSet, type Rule, type Ruleset } from '../../../src/index.ts'
import { emptyRuleset } from '../../../src/model/index.ts'
import { NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWRULE, NFTA_RULE_EXPRESSIONS } from '../../../src/wire/constants.ts'
import { readStatements } from '../../../src/wire/read/rule/read-rule.ts'
import type { KnownSet } from '../../../src/wire/read/rule/reading.ts'
import { desiredState } from '../../arbitrary/desired-state.ts'
import { everyKind } from '../read/example.ts'

const names = (type: NamedSet['dataType']): readonly string[] => (type?.kind === 'names' ? type.names : [])

const named = (ruleset: Ruleset): readonly (readonly [string, KnownSet])[] =>
  ruleset.tables.flatMap(({ sets }) =>
    sets.map(({ name, keyType, dataType }) => {
      const types = { key: names(keyType), data: dataType === null ? null : names(dataType) }
      return [name, { types, expression: { kind: 'reference', name } }] as const
    }),
  )

/**
 * Told by the kernel as it is told it. Of a translation the kernel says more, and of a set without a name the name that it
 * gave it: kernels hold those.
 */
const isTold = ({ statements }: Rule): boolean =>
  statements.every(
    (statement) =>
      statement.kind !== 'dnat' &&
      statement.kind !== 'snat' &&
      !(statement.kind === 'match' && statement.right.kind === 'set'),
  )

/** The rules of a batch that makes a table, as the reader of kernels' answers understands them. */
const readBack = (ruleset: Ruleset): readonly unknown[] => {
  const datagram = encodeBatch(diff(emptyRuleset, ruleset), 1)?.datagram ?? new Uint8Array()
  const rules = rulesInOrder(ruleset)
  const read: unknown[] = []
  const sets = new Map(named(ruleset))
  let at = 0
  eachMessage(datagram, ({ type, view, start, end }) => {
    if (type !== ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE)) return
    const rule = rules[at]
    at += 1
    if (rule === undefined || !isTold(rule)) return
    eachAttribute(view, start + 4, end, (attribute, from, to) => {
      if (attribute === NFTA_RULE_EXPRESSIONS) read.push(readStatements({ view, start: from, end: to }, sets))
    })
  })
  return read
}

/** As a transaction has them: what opens ports comes last. */
const rulesInOrder = ({ tables }: Ruleset): readonly Rule[] => {
  const chains = tables.flatMap((table) => table.chains)
  const isOpening = (name: string): boolean => /^(dnat|balanced|bound|inside)[46]/.test(name)
  return [
    ...chains.filter(({ name }) => !isOpening(name)),
    ...chains.filter(({ name }) => isOpening(name)),
  ].flatMap(({ rules }) => rules)
}

const told = (ruleset: Ruleset): readonly unknown[] =>
  rulesInOrder(ruleset)
    .filter(isTold)
    .map(({ statements }) => statements)

describe('a rule as it is written over netlink', () => {
  test('is read as what it was, of every kind', () => {
    expect(readBack(everyKind)).toEqual(told(everyKind))
  })

  test('is read as what it was, whatever users wrote', () => {
    fc.assert(
      fc.property(desiredState(), (desired) => {
        const compiled = compile(desired)
        expect(readBack(compiled)).toEqual(told(compiled))
      }),
      { numRuns: 60 },
    )
  })
})
