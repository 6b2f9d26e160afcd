import { expect, test } from '@jest/globals'
import { compare, evaluate, field, oneOf } from '../../src/index.ts'
import { base, drop, facts, fromLan, ruleset, table } from './model.ts'

test('a chain may ask for more values than a function takes arguments', () => {
  const addresses = (from: number): readonly number[] => Array.from({ length: 32 }, (_, at) => from + at)
  const rules = Array.from({ length: 8_000 }, (_, at) => [
    compare(field('saddr', { family: 'ip' }), oneOf(...addresses(0x0a000000 + 32 * at))),
    drop,
  ])
  const chain = base('input', 0, {}, ...rules)
  expect(evaluate(fromLan, facts, ruleset(table({}, chain)))).toMatchObject({ outcome: 'local' })
})
