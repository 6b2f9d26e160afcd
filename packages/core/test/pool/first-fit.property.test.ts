import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import {
  containsAddress,
  formatAddress,
  formatPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixAfter,
  prefixAround,
  prefixesOverlap,
} from '@portolan/netfilter'
import fc from 'fast-check'
import {
  PoolExhaustedError,
  parsePool,
  planSubnets,
  type SubnetPlan,
  type SubnetPlanOptions,
} from '../../src/pool/index.ts'

/** Small worlds, in which prefixes often overlap: only the last byte of each family differs. */
const worlds = [
  {
    family: 'ip',
    base: '10.0.0.',
    bits: 32,
    pools: ['10.0.0.0/24:28', '10.0.0.0/24:27', '10.0.0.128/25:30'],
  },
  {
    family: 'ip6',
    base: 'fd00::',
    bits: 128,
    pools: ['fd00::/120:124', 'fd00::/120:123', 'fd00::80/121:126'],
  },
] as const

type World = (typeof worlds)[number]

const address = (world: World, byte: number): string =>
  world.base + (world.family === 'ip' ? String(byte) : byte.toString(16))

const prefixIn = (world: World): fc.Arbitrary<string> =>
  fc
    .record({ byte: fc.nat(255), host: fc.nat(8) })
    .map(({ byte, host }) =>
      formatPrefix(prefixAround(parseAddress(address(world, byte)), world.bits - host)),
    )

interface Reserved {
  readonly how: 'route' | 'address' | 'nameserver' | 'network' | 'reserve' | 'lease'
  readonly prefix: string
}

const reservedIn = (world: World): fc.Arbitrary<Reserved> =>
  fc.oneof(
    fc.record({
      how: fc.constantFrom('route', 'address', 'network', 'reserve', 'lease'),
      prefix: prefixIn(world),
    }),
    fc
      .nat(255)
      .map((byte) => ({ how: 'nameserver', prefix: `${address(world, byte)}/${world.bits}` }) as const),
  )

const hostWith = (reserved: readonly Reserved[]): { facts: HostFacts; options: SubnetPlanOptions } => {
  const of = (how: Reserved['how']): string[] =>
    reserved.filter((one) => one.how === how).map(({ prefix }) => prefix)
  return {
    facts: {
      routes: of('route').map((destination, at) => ({ destination, table: 100 + at })),
      interfaces: of('address').map((prefix, at) => ({ name: `eth${at}`, addresses: [prefix] })),
      nameservers: of('nameserver').map((prefix) => prefix.slice(0, prefix.indexOf('/'))),
      networks: [{ engine: 'podman', subnets: of('network') }],
    },
    options: {
      reserve: of('reserve'),
      leases: of('lease').map((subnet, at) => ({ project: 'other', network: `n${at}`, subnet })),
    },
  }
}

/** All candidates of all pools in order: the meaning of first fit, without skipping. */
const candidates = (pools: readonly string[], size: number | null): Prefix[] =>
  pools.flatMap((text) => {
    const [base = '', length = ''] = text.split(/:(?=\d+$)/)
    const pool = parsePrefix(base)
    const wanted = size ?? Number(length)
    const found: Prefix[] = []
    if (wanted < pool.length) return found
    let next: Prefix | null = prefixAround({ family: pool.family, value: pool.base } as never, wanted)
    while (next !== null && prefixesOverlap(pool, next)) {
      found.push(next)
      next = prefixAfter(next)
    }
    return found
  })

const plan = (
  world: World,
  reserved: readonly Reserved[],
  count: number,
  size: number | null,
  extra: SubnetPlanOptions = {},
) => {
  const { facts, options } = hostWith(reserved)
  const requests = Array.from({ length: count }, (_, at) => ({
    network: `w${at}`,
    family: world.family,
    size,
  }))
  try {
    return planSubnets(facts, requests, world.pools.map(parsePool), { ...options, ...extra })
  } catch (error) {
    if (error instanceof PoolExhaustedError) return null
    throw error
  }
}

describe.each(worlds)('in a world of $family', (world) => {
  const several = fc.array(reservedIn(world), { maxLength: 12 })
  const sizes = fc.option(fc.integer({ min: world.bits - 7, max: world.bits }))
  const counts = fc.integer({ min: 1, max: 6 })

  test('the planner picks what walking every candidate would pick', () => {
    fc.assert(
      fc.property(several, counts, sizes, (reserved, count, size) => {
        const taken = reserved.map(({ prefix }) => parsePrefix(prefix))
        const expected: string[] = []
        for (let at = 0; at < count; at += 1) {
          const free = candidates(world.pools, size).find(
            (one) => !taken.some((other) => prefixesOverlap(one, other)),
          )
          if (free === undefined) break
          taken.push(free)
          expected.push(formatPrefix(free))
        }
        const plans = plan(world, reserved, count, size)
        expect(plans?.map(({ subnet }) => subnet) ?? null).toEqual(
          expected.length === count ? expected : null,
        )
      }),
      { numRuns: 500 },
    )
  })

  test('no planned subnet overlaps anything reserved, nor another, in whatever order things come', () => {
    fc.assert(
      fc.property(
        several.chain((reserved) =>
          fc.tuple(fc.constant(reserved), fc.shuffledSubarray(reserved, { minLength: reserved.length })),
        ),
        counts,
        ([reserved, shuffled], count) => {
          const plans = plan(world, reserved, count, null) ?? []
          const subnets = plans.map(({ subnet }) => parsePrefix(subnet))
          for (const [at, subnet] of subnets.entries()) {
            expect(reserved.filter(({ prefix }) => prefixesOverlap(parsePrefix(prefix), subnet))).toEqual([])
            expect(subnets.slice(at + 1).filter((other) => prefixesOverlap(other, subnet))).toEqual([])
          }
          const again = plan(world, shuffled, count, null) ?? []
          expect(again.map(({ subnet }) => subnet)).toEqual(plans.map(({ subnet }) => subnet))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('one more reservation never makes an earlier candidate win', () => {
    const place = ([first]: readonly SubnetPlan[]): number =>
      candidates(world.pools, null).findIndex((one) => formatPrefix(one) === first?.subnet)
    fc.assert(
      fc.property(several, reservedIn(world), (reserved, more) => {
        const before = plan(world, reserved, 1, null)
        const after = plan(world, [...reserved, more], 1, null)
        if (before === null) expect(after).toBeNull()
        else if (after !== null) expect(place(after)).toBeGreaterThanOrEqual(place(before))
      }),
      { numRuns: 500 },
    )
  })

  test('rejections account for every candidate before the one that was picked, and each names a true overlap', () => {
    fc.assert(
      fc.property(several, sizes, (reserved, size) => {
        const [first] = plan(world, reserved, 1, size) ?? []
        if (first === undefined) return
        const all = candidates(world.pools, size).map(formatPrefix)
        expect(first.rejected.reduce((sum, { candidates: some }) => sum + some, 0)).toBe(
          all.indexOf(first.subnet),
        )
        let at = 0
        for (const { candidate, candidates: some, overlaps } of first.rejected) {
          expect(candidate).toBe(all[at])
          for (const one of all.slice(at, at + some)) {
            expect(prefixesOverlap(parsePrefix(one), parsePrefix(overlaps))).toBe(true)
          }
          at += some
        }
      }),
      { numRuns: 500 },
    )
  })

  test('with ranges allowed, a candidate is free when every address of it is allowed or not reserved', () => {
    fc.assert(
      fc.property(
        fc.array(prefixIn(world), { maxLength: 8 }),
        fc.array(prefixIn(world), { maxLength: 4 }),
        sizes,
        (routes, allow, size) => {
          const reserved = routes.map((prefix): Reserved => ({ how: 'route', prefix }))
          const [avoid, use] = [
            routes.map((text) => parsePrefix(text)),
            allow.map((text) => parsePrefix(text)),
          ]
          const bytes = Array.from({ length: 256 }, (_, byte) => parseAddress(address(world, byte)))
          const blocked = bytes.filter(
            (one) =>
              avoid.some((prefix) => containsAddress(prefix, one)) &&
              !use.some((prefix) => containsAddress(prefix, one)),
          )
          const free = candidates(world.pools, size).find(
            (one) => !blocked.some((byte) => containsAddress(one, byte)),
          )
          const [first] = plan(world, reserved, 1, size, { allow }) ?? []
          expect(first?.subnet ?? null).toBe(free === undefined ? null : formatPrefix(free))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('what a fixed subnet is said to overlap, it overlaps; and when it is said to overlap nothing, it does not', () => {
    fc.assert(
      fc.property(several, prefixIn(world), (reserved, subnet) => {
        const { facts, options } = hostWith(reserved)
        const [only] = planSubnets(facts, [{ network: 'w', family: world.family, subnet }], [], options)
        const really = reserved.filter(({ prefix }) =>
          prefixesOverlap(parsePrefix(prefix), parsePrefix(subnet)),
        )
        expect((only?.overlaps.length ?? 0) > 0).toBe(really.length > 0)
        for (const { overlaps } of only?.overlaps ?? []) {
          expect(really.map(({ prefix }) => formatPrefix(parsePrefix(prefix)))).toContain(overlaps)
        }
      }),
      { numRuns: 500 },
    )
  })
})

test('addresses of the two worlds are what the tests take them for', () => {
  expect(formatAddress(parseAddress(address(worlds[1], 255)))).toBe('fd00::ff')
})
