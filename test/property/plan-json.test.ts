import { describe, expect, test } from '@jest/globals'
import { memoryLeaseStore } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { arbitraryFacts, arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { type HostRules, noRules, type Plan, planFromJson } from 'portolan'
import { backend } from './arbitrary/backend.ts'
import { attempt, type Host, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'
import { settle } from './support/settle.ts'

/** Rules as they are read from a host: with handles, policies and counters (which are bigints). */
const asRead = (rules: HostRules): HostRules => {
  const saved = (ruleset: iptables.Ruleset): iptables.Ruleset =>
    iptables.mergeRulesets(
      ...(['ip', 'ip6'] as const).map((family) =>
        iptables.parse(
          iptables.print(iptables.selectFamily(ruleset, family), 'iptables-save'),
          'save',
          family,
        ),
      ),
    )
  return {
    ...rules,
    nftables: nftables.parse(nftables.print(rules.nftables, 'nft-json')),
    'iptables-nft': saved(rules['iptables-nft']),
    'iptables-legacy': saved(rules['iptables-legacy']),
  }
}

/** The data of a plan, with the text of its changes. */
const dataOf = ({ toString: _text, toJSON: _json, changes, ...plan }: Plan): unknown => ({
  ...plan,
  changes: changes.map((change) => ({ ...change })),
})

const sequence = fc.array(fc.record({ wanted: arbitraryIntent({ project: 0 }), chosen: backend }), {
  minLength: 1,
  maxLength: 3,
})

describe('a plan that went through JSON', () => {
  test('is equal to what it was, on hosts where plans are in force and leases are kept', async () => {
    let changes = 0
    let counters = 0
    await fc.assert(
      fc.asyncProperty(sequence, arbitraryFacts(), async (steps, facts) => {
        let host: Host = { facts, rules: noRules, leases: memoryLeaseStore() }
        for (const { wanted, chosen } of steps) {
          const plan = await attempt(wanted, host, chosen)
          if (!isPlan(plan)) continue
          const text = JSON.stringify(plan)
          const restored = planFromJson(text)
          // JSON does not distinguish undefined from absent.
          expect(dataOf(restored)).toEqual(dataOf(plan))
          expect(String(restored)).toBe(String(plan))
          expect(JSON.stringify(restored)).toBe(text)
          changes += plan.changes.length
          const settled = settle(host, plan)
          host = { ...settled, rules: asRead(settled.rules) }
          counters += [host.rules['iptables-nft'], host.rules['iptables-legacy']]
            .flatMap(({ tables }) => tables.flatMap(({ chains }) => chains))
            .filter((chain) => typeof chain.counters?.bytes === 'bigint').length
        }
      }),
      runs(80),
    )
    expect(changes).toBeGreaterThan(100)
    expect(counters).toBeGreaterThan(10)
  })
})
