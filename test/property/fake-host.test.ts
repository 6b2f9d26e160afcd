import { expect, test } from '@jest/globals'
import { PortolanError } from '@portolan/netfilter'
import {
  arbitraryFacts,
  arbitraryFlow,
  arbitraryForeignRules,
  arbitraryIntent,
  arbitraryPortMapping,
  contractBreaches,
  fakeHost,
  smallHost,
} from '@portolan/testing'
import fc from 'fast-check'
import { backend, backends } from './arbitrary/backend.ts'
import { runs } from './support/runs.ts'

test.each(backends)(
  'foreign rules of %s of which no conflict is told leave the contract met',
  async (dialect) => {
    let met = 0
    await fc.assert(
      fc.asyncProperty(
        arbitraryIntent(),
        arbitraryForeignRules(dialect),
        backend,
        async (intent, rules, ours) => {
          const host = fakeHost(smallHost, rules)
          const plan = await host.plan(intent, { backend: ours })
          await host.apply(plan)
          const told = [...plan.conflicts, ...host.conflicts()].filter(({ severity }) => severity !== 'info')
          if (told.length > 0 || plan.incomplete.length > 0) return
          met += 1
          const breaches = contractBreaches(host)
          expect(
            breaches.map(({ flow, promise, delivery }) => ({ flow, promise, way: String(delivery) })),
          ).toEqual([])
        },
      ),
      runs(30),
    )
    expect(met).toBeGreaterThan(2)
  },
)

test('what is destroyed leaves a simulated host as it was', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryIntent(),
      arbitraryForeignRules('iptables-nft'),
      backend,
      async (intent, rules, ours) => {
        const host = fakeHost(smallHost, rules)
        const before = { facts: host.facts, text: host.text() }
        await host.apply(await host.plan(intent, { backend: ours }))
        const { kept } = await host.destroy()
        // A sysctl on which foreign rules may depend stays, and `destroy` lists it. It is reset here for the
        // comparison.
        for (const { name } of kept) host.drift.setSysctl(name, before.facts.sysctls?.[name] ?? '')
        expect(host.facts).toEqual(before.facts)
        // Tables of iptables-legacy stay, but empty.
        if (ours !== 'iptables-legacy') expect(host.text()).toBe(before.text)
      },
    ),
    runs(20),
  )
})

test('every flow that may come to a simulated host has an end', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryIntent(), async (intent) => {
      const host = fakeHost()
      await host.apply(await host.plan(intent))
      for (const flow of fc.sample(arbitraryFlow(host), 20)) {
        const { outcome, to } = host.send(flow)
        expect(to === null).toBe(['dropped', 'rejected', 'unrouted'].includes(outcome))
      }
    }),
    runs(10),
  )
})

test('one mapping more leaves the contract of those before met, and is met itself where no conflict is told', async () => {
  let met = 0
  const scenes = arbitraryIntent()
    .filter(({ networks, endpoints }) =>
      endpoints.some(({ network }) => networks.some(({ name, internal }) => name === network && !internal)),
    )
    .chain((intent) =>
      fc.record({ intent: fc.constant(intent), more: arbitraryPortMapping(intent), ours: backend }),
    )
  await fc.assert(
    fc.asyncProperty(scenes, async ({ intent, more, ours }) => {
      const host = fakeHost()
      await host.apply(await host.plan(intent, { backend: ours }))
      const plan = await host.plan({ ...intent, mappings: [...intent.mappings, more] }, { backend: ours })
      await host.apply(plan)
      if (plan.conflicts.some(({ severity }) => severity !== 'info') || plan.incomplete.length > 0) return
      met += 1
      const breaches = contractBreaches(host)
      expect(
        breaches.map(({ flow, promise, delivery }) => ({ flow, promise, way: String(delivery) })),
      ).toEqual([])
    }),
    runs(20),
  )
  expect(met).toBeGreaterThan(2)
})

test('any host without a conflict has the contract met, whatever it lacks', async () => {
  let met = 0
  await fc.assert(
    fc.asyncProperty(arbitraryFacts(), arbitraryIntent(), backend, async (facts, intent, ours) => {
      const host = fakeHost(facts)
      const plan = await host.plan(intent, { backend: ours }).catch((error: unknown) => {
        // The pools are exhausted, or the host cannot have the address.
        if (error instanceof PortolanError) return null
        throw error
      })
      if (plan === null) return
      await host.apply(plan)
      const told = [...plan.conflicts, ...host.conflicts()].filter(({ severity }) => severity !== 'info')
      if (told.length > 0 || plan.incomplete.length > 0) return
      met += 1
      const breaches = contractBreaches(host)
      expect(
        breaches.map(({ flow, promise, delivery }) => ({ flow, promise, way: String(delivery) })),
      ).toEqual([])
    }),
    runs(30),
  )
  expect(met).toBeGreaterThan(2)
})
