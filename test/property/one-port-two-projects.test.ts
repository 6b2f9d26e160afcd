import { describe, expect, test } from '@jest/globals'
import type { DesiredMapping, DesiredState } from '@portolan/core'
import { arbitraryFacts, arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { type HostFacts, type Intent, noRules } from 'portolan'
import { madeOnce } from './support/made-once.ts'
import { attempt, isPlan } from './support/plan.ts'
import { iptablesDialect, nftDialect, type RuleDialect } from './support/rule-dialects.ts'
import { runs } from './support/runs.ts'

const attemptOnce = madeOnce((wanted: Intent, facts: HostFacts) =>
  attempt(wanted, { facts, rules: noRules }, 'nftables'),
)

/** Another project that publishes the same sockets, for other containers and with other restrictions. */
const rivalOf = (desired: DesiredState): DesiredState => ({
  project: 'rival',
  networks: [],
  endpoints: [],
  guardForwarding: false,
  mappings: desired.mappings.map((mapping): DesiredMapping => {
    const [first] = mapping.targets
    // A container's own port is the same socket only at the same address.
    const address =
      mapping.kind === 'direct' ? first.address : mapping.family === 'ip' ? '10.9.9.9' : 'fd09::9'
    return {
      ...mapping,
      label: `rival ${mapping.label}`,
      allowFrom: mapping.allowFrom === null ? [] : null,
      targets: [{ ...first, address, network: '', weight: 1 }],
    }
  }),
})

const holders = <Rules>({ published }: RuleDialect<Rules>, rules: Rules): readonly string[] =>
  published(rules)
    .map(({ project, family, protocol, hostAddress, hostPort, interface: device, targets }) =>
      JSON.stringify([project, family, protocol, hostAddress, hostPort, device, targets]),
    )
    .toSorted()

const describeDialect = <Rules>(name: string, dialect: RuleDialect<Rules>): void => {
  const put = (rules: Rules, desired: DesiredState): Rules => dialect.adopt(rules, desired, desired.project)

  describe(`a port that two projects want, in ${name}`, () => {
    test('stays with the one that has it, as it has it', async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryIntent({ project: 0 }), arbitraryFacts(), async (intent, facts) => {
          const plan = await attemptOnce(intent, facts)
          if (!isPlan(plan)) return
          const alone = put(dialect.empty, plan.desired)
          const both = put(alone, rivalOf(plan.desired))
          expect(dialect.structure(both)).toEqual(dialect.structure(alone))
        }),
        runs(50),
      )
    })

    test('stays with the rival that came first, while the project gets all the others', async () => {
      await fc.assert(
        fc.asyncProperty(
          arbitraryIntent({ project: 0 }),
          arbitraryFacts(),
          fc.nat(5),
          async (intent, facts, count) => {
            const plan = await attemptOnce(intent, facts)
            if (!isPlan(plan)) return
            const rival = rivalOf(plan.desired)
            const some = { ...rival, mappings: rival.mappings.slice(0, count) }
            const first = put(dialect.empty, some)
            const both = put(first, plan.desired)
            const own = plan.desired.mappings.slice(count)
            const others = put(dialect.empty, { ...plan.desired, mappings: own })
            expect(holders(dialect, both)).toEqual(
              [...holders(dialect, first), ...holders(dialect, others)].toSorted(),
            )
            expect(dialect.structure(put(both, some))).toEqual(dialect.structure(both))
          },
        ),
        runs(30),
      )
    })
  })
}

describeDialect('nftables', nftDialect)
describeDialect('iptables', iptablesDialect)

test('both dialects agree on the holder of each port', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryIntent({ project: 0 }),
      arbitraryFacts(),
      fc.nat(5),
      async (intent, facts, count) => {
        const plan = await attemptOnce(intent, facts)
        if (!isPlan(plan)) return
        const rival = rivalOf(plan.desired)
        const some = { ...rival, mappings: rival.mappings.slice(count) }
        const both = <Rules>(dialect: RuleDialect<Rules>): readonly string[] => {
          const first = dialect.adopt(dialect.empty, some, some.project)
          return holders(dialect, dialect.adopt(first, plan.desired, plan.desired.project))
        }
        expect(both(nftDialect)).toEqual(both(iptablesDialect))
      },
    ),
    runs(30),
  )
})
