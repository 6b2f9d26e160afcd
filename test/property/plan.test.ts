import { describe, expect, test } from '@jest/globals'
import { arbitraryFacts, arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { type Backend, type HostFacts, type Intent, noRules } from 'portolan'
import { backend } from './arbitrary/backend.ts'
import { madeOnce } from './support/made-once.ts'
import { overlap } from './support/overlap.ts'
import { attempt, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'
import { settle } from './support/settle.ts'

/** Routes of these types lead to no machine: they stop packets. */
const nowhere = ['blackhole', 'unreachable', 'prohibit', 'throw']
const halves = ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1']

/** The prefixes that a chosen subnet must not overlap, read from the facts one by one. */
const reservedBy = (facts: HostFacts): readonly string[] => [
  ...(facts.nameservers ?? []),
  ...(facts.interfaces ?? []).flatMap(({ addresses }) => addresses ?? []),
  ...(facts.networks ?? []).flatMap(({ subnets }) => subnets ?? []),
  ...(facts.routes ?? []).flatMap(({ destination = 'default', type = 'unicast' }) =>
    destination === 'default' || halves.includes(destination) || nowhere.includes(type) ? [] : [destination],
  ),
  '172.16.0.23',
  '169.254.169.254',
]

const attemptOnce = madeOnce((wanted: Intent, facts: HostFacts, chosen: Backend) =>
  attempt(wanted, { facts, rules: noRules }, chosen),
)

describe('a plan for any intent on any host', () => {
  test('is made, or refused with an error of ours that says why', async () => {
    let made = 0
    let tried = 0
    await fc.assert(
      fc.asyncProperty(arbitraryIntent(), arbitraryFacts(), backend, async (wanted, facts, chosen) => {
        const outcome = await attemptOnce(wanted, facts, chosen)
        tried += 1
        if (isPlan(outcome)) made += 1
        else expect(outcome.message.length).toBeGreaterThan(20)
      }),
      runs(150),
    )
    // If most intents were refused, the properties here would mean little.
    expect(made / tried).toBeGreaterThan(0.5)
  })

  test('is the same plan when it is made again', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryIntent(), arbitraryFacts(), backend, async (wanted, facts, chosen) => {
        const one = await attemptOnce(wanted, facts, chosen)
        const other = await attempt(wanted, { facts, rules: noRules }, chosen)
        expect(JSON.stringify(one)).toBe(JSON.stringify(other))
        expect(String(one)).toBe(String(other))
      }),
      runs(50),
    )
  })

  test('picks no subnet that overlaps anything in use, nor another of its own', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryIntent(), arbitraryFacts(), async (wanted, facts) => {
        const outcome = await attemptOnce(wanted, facts, 'nftables')
        if (!isPlan(outcome)) return
        for (const [index, { subnet, origin }] of outcome.subnets.entries()) {
          const others = outcome.subnets.flatMap((other, at) => (at === index ? [] : [other.subnet]))
          expect(others.filter((other) => overlap(subnet, other))).toEqual([])
          if (origin !== 'picked') continue
          expect({
            subnet,
            collides: reservedBy(facts).filter((reserved) => overlap(subnet, reserved)),
          }).toEqual({ subnet, collides: [] })
        }
      }),
      runs(200),
    )
  })

  test('gives every endpoint an address of its own, inside its subnet and not the gateway', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryIntent(), async (wanted) => {
        const outcome = await attemptOnce(wanted, {}, 'nftables')
        if (!isPlan(outcome)) return
        const { endpoints, networks } = outcome.desired
        const addresses = endpoints.flatMap(({ ip, ip6 }) => [ip, ip6].filter((one) => one !== null))
        expect(new Set(addresses).size).toBe(addresses.length)
        for (const endpoint of endpoints) {
          const network = networks.find(({ name }) => name === endpoint.network)
          for (const family of ['ip', 'ip6'] as const) {
            const [subnet, address] = [network?.[family] ?? null, endpoint[family]]
            expect(address === null).toBe(subnet === null)
            if (subnet === null || address === null) continue
            expect(overlap(subnet.subnet, address)).toBe(true)
            expect(address).not.toBe(subnet.gateway)
          }
        }
      }),
      runs(80),
    )
  })

  test('finds nothing to do once it has been carried out', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryIntent(), arbitraryFacts(), backend, async (wanted, facts, chosen) => {
        const before = { facts, rules: noRules }
        const first = await attemptOnce(wanted, facts, chosen)
        if (!isPlan(first)) return
        const second = await attempt(wanted, settle(before, first), chosen)
        if (!isPlan(second)) throw second
        expect(second.changes).toEqual([])
        expect(second.desired).toEqual(first.desired)
        expect(second.subnets.map(({ subnet, gateway }) => [subnet, gateway])).toEqual(
          first.subnets.map(({ subnet, gateway }) => [subnet, gateway]),
        )
      }),
      runs(100),
    )
  })
})
