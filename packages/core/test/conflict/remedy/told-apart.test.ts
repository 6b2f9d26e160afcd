import { expect, test } from '@jest/globals'
import { toldApart } from '../../../src/conflict/remedy/told-apart.ts'
import { field, type NetfilterRule, verdict } from '../../../src/netfilter/index.ts'

test('a set that many rules look in is read once', () => {
  let reads = 0
  const table = {
    ...{ name: 'bans', otherwise: null, complete: true },
    get elements() {
      reads += 1
      return []
    },
  }
  const rule = (position: number): NetfilterRule => ({
    source: {
      ...{ tool: 'nft', family: 'ip', table: 'mine', chain: 'forward', position },
      ...{ handle: position, text: '', counters: null },
    },
    steps: [{ kind: 'lookup', key: [field('saddr')], table, negated: false }, verdict('drop')],
  })
  const chain = { name: 'forward', base: null, rules: [rule(1), rule(2), rule(3)] }
  toldApart([{ tables: [{ tool: 'nft', family: 'ip', name: 'mine', dormant: false, chains: [chain] }] }])
  expect(reads).toBe(1)
})
