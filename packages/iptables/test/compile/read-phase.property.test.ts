import { expect, test } from '@jest/globals'
import { families } from '@portolan/netfilter'
import fc from 'fast-check'
import { placedInFamily } from '../../src/adopt/extract.ts'
import type { PlacedRule } from '../../src/compile/parts.ts'
import { projectRules } from '../../src/compile/project-parts.ts'
import { compile, printRule } from '../../src/index.ts'
import { desiredStates } from '../support/arbitrary.ts'

const lineOf = ({ table, chain, phase, rule }: PlacedRule): string =>
  `${table} ${chain} ${phase} ${printRule(rule)}`

test('what is read back of a project has the phases that compile gave', () => {
  let compared = 0
  fc.assert(
    fc.property(desiredStates(), (desired) => {
      const compiled = compile(desired)
      for (const family of families) {
        const read = new Set(placedInFamily(compiled, family).map(lineOf))
        const made = projectRules(desired, family).map(lineOf)
        compared += made.length
        // Of two mappings for one port only one is left.
        expect([...read].filter((line) => !made.includes(line))).toEqual([])
        expect(
          made.filter((line) => !/PORTOLAN-(DNAT|ALLOW|OPEN|LIMIT) /.test(line) && !read.has(line)),
        ).toEqual([])
      }
    }),
    { numRuns: 100 },
  )
  expect(compared).toBeGreaterThan(1_000)
})
