import { describe, expect, test } from '@jest/globals'
import { formatPrefix, parseAddress, parsePrefix, prefixAround, prefixesOverlap } from '@portolan/netfilter'
import fc from 'fast-check'
import {
  PoolExhaustedError,
  parsePool,
  planSubnets,
  type SubnetPlan,
  type SubnetPlanOptions,
  type SubnetRequest,
} from '../../src/pool/index.ts'

/**
 * 1,024 candidates in each world, so that long parts are skipped. The second world is in the upper half of the
 * addresses.
 */
const worlds = [
  { family: 'ip', pool: '10.0.0.0/20:30', bits: 32, address: (at: number) => `10.0.${at >> 8}.${at & 255}` },
  {
    family: 'ip',
    pool: '192.168.0.0/20:30',
    bits: 32,
    address: (at: number) => `192.168.${at >> 8}.${at & 255}`,
  },
  { family: 'ip6', pool: 'fd00::/116:126', bits: 128, address: (at: number) => `fd00::${at.toString(16)}` },
] as const

type World = (typeof worlds)[number]

/** Small prefixes, mostly of low addresses, because first fit begins there. */
const prefixIn = (world: World): fc.Arbitrary<string> =>
  fc
    .record({ at: fc.oneof(fc.nat(1023), fc.nat(4095)), host: fc.nat(5) })
    .map(({ at, host }) => formatPrefix(prefixAround(parseAddress(world.address(at)), world.bits - host)))

const routesIn = (world: World): fc.Arbitrary<readonly string[]> =>
  fc.array(prefixIn(world), { maxLength: 150, size: 'max' })

const named = (world: World, count: number): readonly SubnetRequest[] =>
  Array.from({ length: count }, (_, at) => ({ network: `n${at}`, family: world.family }))

/** Null: the pool is too small. */
const plan = (
  world: World,
  routes: readonly string[],
  requests: readonly SubnetRequest[],
  options: SubnetPlanOptions = {},
): readonly SubnetPlan[] | null => {
  const facts = { routes: routes.map((destination) => ({ destination, interface: 'eth1', table: 254 })) }
  try {
    return planSubnets(facts, requests, [parsePool(world.pool)], options)
  } catch (error) {
    if (error instanceof PoolExhaustedError) return null
    throw error
  }
}

const sum = (rejected: SubnetPlan['rejected'], kind: string): number =>
  rejected.filter((one) => one.kind === kind).reduce((total, { candidates }) => total + candidates, 0)

const counts = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 80, max: 240 }))

describe.each(worlds)('many networks in $pool', (world) => {
  test('are answered like fewer of them, word for word: no answer changes one that was given before', () => {
    fc.assert(
      fc.property(
        routesIn(world),
        counts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (routes, count, part) => {
          const all = plan(world, routes, named(world, count))
          if (all === null) return
          const fewer = Math.ceil(part * count)
          expect(all.slice(0, fewer)).toEqual(plan(world, routes, named(world, fewer)))
          expect(structuredClone(all)).toEqual(all)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('get at once what they get one at a time, each beside the leases of those before', () => {
    fc.assert(
      fc.property(routesIn(world), fc.integer({ min: 1, max: 120 }), (routes, count) => {
        const all = plan(world, routes, named(world, count)) ?? []
        const leases: { project: string; network: string; subnet: string }[] = []
        for (const { network, subnet, gateway, pool, rejected } of all) {
          const [alone] = plan(world, routes, [{ network, family: world.family }], { leases }) ?? []
          expect(alone).toMatchObject({ subnet, gateway, pool })
          expect(sum(alone?.rejected ?? [], 'lease')).toBe(sum(rejected, 'own'))
          expect(sum(alone?.rejected ?? [], 'route')).toBe(sum(rejected, 'route'))
          leases.push({ project: 'p', network, subnet })
        }
      }),
      { numRuns: 20 },
    )
  })

  test('avoid the subnets asked for by name in the same plan, nested or not and in whatever order', () => {
    fc.assert(
      fc.property(fc.array(prefixIn(world), { maxLength: 60, size: 'max' }), counts, (names, count) => {
        const fixed = names.map((subnet, at) => ({ network: `f${at}`, family: world.family, subnet }))
        const plans = plan(world, [], [...named(world, count), ...fixed]) ?? []
        const picked = plans.filter(({ origin }) => origin === 'picked')
        expect(picked.map(({ network }) => network)).toEqual(
          plans.slice(0, count).map(({ network }) => network),
        )
        const given = plans.map(({ subnet }) => parsePrefix(subnet))
        for (const [at, subnet] of given.slice(0, count).entries())
          expect(given.filter((other, place) => place !== at && prefixesOverlap(subnet, other))).toEqual([])
      }),
      { numRuns: 40 },
    )
  })
})
