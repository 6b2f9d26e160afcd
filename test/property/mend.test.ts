import { describe, expect, test } from '@jest/globals'
import { bridgeNetwork, type DesiredState, type OwnedNetwork } from '@portolan/core'
import { arbitraryFacts, arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { type HostFacts, type Intent, noRules } from 'portolan'
import { joinedState } from './arbitrary/flow.ts'
import { madeOnce } from './support/made-once.ts'
import { attempt, type Host, isPlan } from './support/plan.ts'
import { iptablesDialect, nftDialect, type RuleDialect } from './support/rule-dialects.ts'
import { runs } from './support/runs.ts'
import { settle } from './support/settle.ts'

interface Scene {
  readonly states: readonly DesiredState[]
  /** The networks as the bridges' aliases and addresses describe them. */
  readonly networks: readonly OwnedNetwork[]
}

/** Applies projects one after the other to one host. */
const sceneOf = madeOnce(async (intents: readonly Intent[], facts: HostFacts): Promise<Scene> => {
  let host: Host = { facts, rules: noRules }
  const states: DesiredState[] = []
  for (const wanted of intents) {
    const plan = await attempt(wanted, host, 'nftables')
    if (!isPlan(plan)) continue
    states.push(plan.desired)
    host = settle(host, plan)
  }
  return { states, networks: (host.facts.interfaces ?? []).flatMap((link) => bridgeNetwork(link) ?? []) }
})

const intents = fc.tuple(arbitraryIntent({ project: 0 }), arbitraryIntent({ project: 1 }))
/** Bridges of isolated networks have no address, so only the plan knows their subnets. */
const withoutIsolation = (wanted: Intent): Intent => {
  const open = (one: Intent['networks'][number]['ip']) =>
    one?.mode === 'isolated' ? { ...one, mode: 'nat' as const } : one
  return {
    ...wanted,
    networks: wanted.networks.map((one) => ({ ...one, ip: open(one.ip), ip6: open(one.ip6) })),
  }
}

const damage = fc.uniqueArray(fc.nat(96), { minLength: 1, maxLength: 40 })

const describeDialect = <Rules>(name: string, dialect: RuleDialect<Rules>): void => {
  const applied = ({ states }: Scene): Rules =>
    states.reduce((rules, desired) => dialect.adopt(rules, desired, desired.project), dialect.empty)

  describe(`damaged rules, in ${name}`, () => {
    test('are whole as they were applied, by what the bridges tell', async () => {
      await fc.assert(
        fc.asyncProperty(intents, arbitraryFacts(), async (wanted, facts) => {
          const scene = await sceneOf(wanted, facts)
          const rules = applied(scene)
          const { ruleset, lost } = dialect.mend(rules, { networks: scene.networks })
          expect(lost).toEqual([])
          expect(dialect.structure(ruleset)).toEqual(dialect.structure(rules))
          expect(dialect.isWhole(rules, scene.networks)).toBe(true)
        }),
        runs(25),
      )
    })

    test('come back as they were known, whatever of them is gone', async () => {
      await fc.assert(
        fc.asyncProperty(intents, arbitraryFacts(), damage, async (wanted, facts, parts) => {
          const scene = await sceneOf(wanted, facts)
          const known = applied(scene)
          const { networks } = scene
          for (const actual of [dialect.without(known, parts), dialect.empty]) {
            const { ruleset, lost } = dialect.mend(actual, { networks, known })
            expect(lost).toEqual([])
            expect(dialect.structure(ruleset)).toEqual(dialect.structure(known))
          }
        }),
        runs(25),
      )
    })

    test('come back on bridges of others too, whatever of them is gone', () => {
      fc.assert(
        fc.property(joinedState, damage, (desired, parts) => {
          const known = dialect.adopt(dialect.empty, desired, desired.project)
          for (const actual of [dialect.without(known, parts), dialect.empty]) {
            const { ruleset, lost } = dialect.mend(actual, { networks: [], known })
            expect(lost).toEqual([])
            expect(dialect.structure(ruleset)).toEqual(dialect.structure(known))
          }
        }),
        runs(25),
      )
    })

    test('come back for all networks, where nothing is known but their bridges', async () => {
      await fc.assert(
        fc.asyncProperty(intents, arbitraryFacts(), async (wanted, facts) => {
          const scene = await sceneOf(wanted.map(withoutIsolation), facts)
          const withoutPorts = scene.states.map(({ openings: _, ...one }) => ({
            ...one,
            mappings: [],
            guardForwarding: false,
          }))
          const isOwn = ({ external }: { readonly external: boolean }): boolean => !external
          const wantedRules = applied({
            ...scene,
            states: withoutPorts.map((one) => ({ ...one, networks: one.networks.filter(isOwn) })),
          })
          // The scene was applied without reading the host's interfaces, so packets may leave by any of them.
          const { ruleset } = dialect.mend(dialect.empty, { networks: scene.networks, leaving: null })
          expect(dialect.structure(ruleset)).toEqual(dialect.structure(wantedRules))
        }),
        runs(25),
      )
    })
  })
}

describeDialect('nftables', nftDialect)
describeDialect('iptables', iptablesDialect)
