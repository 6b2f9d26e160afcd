import { indexHost, parsePool, planSubnets } from '@portolan/core'
import type { HostFacts, RouteFact } from '@portolan/netfilter'
import type { Entry } from '../entry.ts'
import { measure } from '../measure.ts'

const dotted = (value: number): string =>
  [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.')

/** Routes as a full table of the Internet has them: mostly /24s, and nothing in 10.0.0.0/8. */
const internet = (count: number): HostFacts => ({
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.2/24'] }],
  routes: Array.from({ length: count }, (_, at): RouteFact => {
    const length = at % 8 === 0 ? 20 : at % 4 === 0 ? 22 : 24
    // From 11.0.0.0 on. The stride is a prime number, so no /24 is used twice.
    const base = (0x0b000000 + (((at * 7_919) % 12_000_000) << 8)) >>> 0
    const mask = (0xffffffff << (32 - length)) >>> 0
    return {
      destination: `${dotted((base & mask) >>> 0)}/${length}`,
      gateway: `192.0.2.${(at % 8) + 10}`,
      interface: 'eth0',
      table: 254,
      type: 'unicast',
      scope: 'universe',
    }
  }),
})

/** Host routes and small prefixes, spread over 10.0.0.0/8. */
const scattered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => {
    const length = [32, 30, 28, 25][at % 4] ?? 32
    const mask = (0xffffffff << (32 - length)) >>> 0
    return `${dotted(((0x0a000000 + ((at * 104_729) % 0x1000000)) & mask) >>> 0)}/${length}`
  })

export const entry: Entry = {
  about: 'picking subnets that collide with nothing',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const routes = count(1_000_000)
    const facts = internet(routes)
    const building = await measure(() => indexHost(facts), { count: rounds(5), warmUp: rounds(1) })
    const index = indexHost(facts)
    const request = { network: 'web', family: 'ip' } as const
    const pools = [parsePool('10.0.0.0/8:16'), parsePool('172.16.0.0/12:16')]
    const picking = await measure(() => planSubnets(index, [request], pools), {
      count: rounds(101),
      warmUp: rounds(20),
    })

    const [subnets, reserved] = [count(65_536), count(10_000)]
    const reserve = scattered(reserved)
    // The /24s that the 10,000 prefixes touch are not free. The entry asks for all that are left.
    const touched = new Set(reserve.map((prefix) => prefix.split('.').slice(0, 3).join('.'))).size
    const requests = Array.from({ length: subnets - Math.min(touched, subnets - 1) }, (_, at) => ({
      network: `n${at}`,
      family: 'ip' as const,
    }))
    const all = [parsePool('10.0.0.0/8:24')]
    const filling = await measure(
      () =>
        planSubnets(
          { routes: reserve.map((destination) => ({ destination, interface: 'eth0', table: 254 })) },
          requests,
          all,
        ),
      { count: rounds(11), warmUp: rounds(3) },
    )
    return [
      { what: `index ${routes} routes`, unit: 'ms', measured: building, mark: { atMost: 1_500 }, peers: [] },
      {
        what: `pick a subnet against ${routes} routes, index built`,
        unit: 'ms',
        measured: picking,
        mark: { atMost: 1 },
        peers: [],
      },
      {
        what: `every free /24 of ${subnets} in 10.0.0.0/8, ${reserved} prefixes reserved`,
        unit: 'ms',
        measured: filling,
        mark: { atMost: 150 },
        peers: [],
      },
    ]
  },
}
