import { describe, expect, test } from '@jest/globals'
import {
  type HeldBlocks,
  parsePool,
  planSubnets,
  type SubnetPlanOptions,
  type SubnetRequest,
} from '@portolan/core'
import { type HostFacts, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import fc from 'fast-check'
import { held, ip, join, plan } from './held.ts'

describe('subnets in blocks of a cluster', () => {
  test('are not larger than a block', () => {
    expect(() => plan([ip('a', { size: 20 })])).toThrow(/size \/20 .* a block of cluster prod is a \/24/)
    expect(() => plan([ip('a', { size: 33 })])).toThrow(/must be \/1 to \/32/)
  })

  test('are not picked by a host that has not joined', () => {
    const none = { ...held, pools: null, blocks: [] }
    expect(() => plan([ip('a')], none)).toThrow(/has not joined cluster prod.*`portolan cluster join`/)
    expect(() => plan([ip('a')], { ...none, host: 'web-1' })).toThrow(
      /This host is web-1 in cluster prod.*`portolan cluster join --takeover --member web-1`/,
    )
    expect(plan([ip('a', { subnet: '10.9.0.0/24' })], none)[0]?.overlaps).toEqual([])
  })

  test('are picked from no named pool where a host that has not joined cannot ask the cluster', () => {
    const none = { ...held, pools: null, blocks: [] }
    for (const pool of ['docker', '10.64.0.0/12:24', '10.9.0.0/16:24']) {
      expect(() => plan([ip('a')], none, [pool])).toThrow(/has not joined cluster prod/)
      expect(() => plan([ip('a', { pools: [parsePool(pool)] })], none)).toThrow(/has not joined cluster prod/)
    }
    // The present subnet stays.
    expect(plan([ip('a', { held: '172.17.0.0/16' })], none, ['docker'])[0]).toMatchObject({
      ...{ subnet: '172.17.0.0/16', overlaps: [] },
    })
  })

  test('are outside all addresses that the cluster told a host which has not joined', () => {
    const others = [{ block: '10.80.0.0/24', host: 'h2' }]
    const unjoined = { pools: ['10.64.0.0/12:24'], own: ['10.66.31.0/24'] }
    const none = { ...held, pools: null, blocks: [], others, unjoined }
    expect(plan([ip('a')], none, ['10.64.0.0/12:24', '10.80.0.0/16:24'])[0]?.subnet).toBe('10.80.1.0/24')
    expect(() => plan([ip('a')], none, ['10.66.31.0/24:26'])).toThrow(/in a pool of cluster prod/)
    expect(() => plan([ip('a')], none)).toThrow(/has not joined cluster prod/)
    const told = (subnet: string) =>
      ['subnet' as const, 'held' as const].map((key) =>
        plan([ip('a', { [key]: subnet })], none)[0]?.overlaps.map(({ kind }) => kind),
      )
    for (const taken of ['10.80.0.0/24', '10.66.32.0/24'])
      expect(told(taken)).toEqual([['cluster'], ['cluster']])
    for (const free of ['10.9.0.0/24', '10.66.31.0/24']) expect(told(free)).toEqual([[], []])
  })

  test('collide where another host may have them, and not outside the pools', () => {
    const overlaps = (subnet: string, blocks = held) =>
      plan([ip('a', { subnet })], blocks)[0]?.overlaps.map(({ kind, detail }) => [kind, detail])
    expect(overlaps('10.66.31.0/24')).toEqual([])
    expect(overlaps('10.66.31.128/25')).toEqual([])
    expect(overlaps('10.9.0.0/24')).toEqual([])
    expect(overlaps('10.66.32.0/24')).toEqual([
      ['cluster', '10.66.32.0/19 of 10.64.0.0/12 is in a pool of cluster prod, and in no block of this host'],
    ])
    const lost = { ...held, lost: [{ block: '10.66.32.0/24', takenBy: 'web-2' }] }
    expect(overlaps('10.66.32.0/24', lost)).toEqual([
      ['cluster', 'block 10.66.32.0/24 of cluster prod is held by host web-2 now'],
    ])
    expect(overlaps('10.66.32.0/24', { ...lost, host: 'web-2' })).toEqual([
      ['cluster', 'block 10.66.32.0/24 of cluster prod is held by another machine named web-2 now'],
    ])
  })

  test('are in no block that no pool has any more, unless the network is there already', () => {
    const leaving = { ...held, leaving: ['10.66.31.0/24'] }
    expect(plan([ip('web'), { network: 'web', family: 'ip6' }], leaving).map(({ subnet }) => subnet)).toEqual(
      ['10.70.2.0/24', 'fd00:1234:0:7::/64'],
    )
    // Also not from a named pool.
    expect(plan([ip('web')], leaving, ['10.64.0.0/12:24'])[0]?.subnet).toBe('10.70.2.0/24')
    expect(() => plan([ip('a'), ip('b')], leaving)).toThrow(
      /\. Block 10\.66\.31\.0\/24 is passed over: no pool of cluster prod has it any more\. Claim one more, .*--count 2`/,
    )
    const overlaps = (request: SubnetRequest, more: SubnetPlanOptions = {}, facts: HostFacts = {}) =>
      planSubnets(facts, [request], [], { project: 'shop', blocks: leaving, ...more })[0]?.overlaps.map(
        ({ detail }) => detail,
      )
    const named = ip('web', { subnet: '10.66.31.0/25' })
    expect(overlaps(named)).toEqual([
      'no pool of cluster prod has block 10.66.31.0/24 any more: it is given back once no network is in it',
    ])
    const lease = { project: 'shop', network: 'web', subnet: '10.66.31.0/25' }
    expect(overlaps(named, { leases: [lease] })).toEqual([])
    expect(overlaps(ip('web'), { leases: [lease] })).toEqual([])
    expect(overlaps(ip('web', { held: '10.66.31.1/25' }))).toEqual([])
    expect(overlaps(ip('db', { subnet: '10.66.31.128/25' }), { leases: [lease] })).toHaveLength(1)
    const bridge = {
      name: 'br-web',
      alias: 'portolan project=shop network=web',
      addresses: ['10.66.31.1/25'],
    }
    expect(overlaps(named, {}, { interfaces: [bridge] })).toEqual([])
    // A network that moves gets none of its old subnets again.
    const moved = planSubnets({}, [ip('web', { renumber: true })], [], {
      project: 'shop',
      blocks: leaving,
      leases: [lease],
    })
    expect(moved[0]?.subnet).toBe('10.70.2.0/24')
  })

  test('of a pool that is named are those that collide with no other host', () => {
    const subnets = plan([ip('a'), ip('b')], held, ['10.64.0.0/12:24', '10.200.0.0/16:24'])
    expect(subnets.map(({ subnet }) => subnet)).toEqual(['10.66.31.0/24', '10.70.2.0/24'])
    expect(plan([ip('a')], held, ['10.200.0.0/16:24'])[0]?.subnet).toBe('10.200.0.0/24')
  })

  test('are picked as ever in a family of which the cluster has no addresses', () => {
    const only4 = { ...held, pools: ['10.64.0.0/12:24'], blocks: ['10.66.31.0/24'] }
    const [six] = planSubnets({ machineId: 'm' }, [{ network: 'a', family: 'ip6' }], [], { blocks: only4 })
    expect(six?.subnet).toMatch(/^fd/)
  })

  test('are picked as ever in a family of which the cluster has no pool any more, beside its former addresses', () => {
    const gone = ['fd00:1234::/48:64', '172.17.0.0/16:24']
    const former = { ...held, pools: [...(held.pools ?? []), '172.17.0.0/16:24'], former: gone }
    const now = { ...former, leaving: ['fd00:1234:0:7::/64'] }
    const six = { network: 'a', family: 'ip6' } as const
    const [picked] = planSubnets({ machineId: 'm' }, [six], [], { blocks: now })
    expect(picked?.subnet).toMatch(/^fd/)
    expect(picked?.subnet).not.toMatch(/^fd00:1234:/)
    expect(plan([ip('a')], now)[0]?.subnet).toBe('10.66.31.0/24')
    // The first default pool has addresses that the cluster had.
    const only6 = { ...now, pools: ['fd00:1::/64:64', ...now.pools], blocks: [], leaving: [] }
    const none = { ...only6, former: [...gone, '10.64.0.0/12:24'] }
    expect(plan([ip('a')], none)[0]?.subnet).toBe('10.0.0.0/16')
    // Until a reading shows that the block is leaving, it is still this host's.
    expect(planSubnets({}, [six], [], { blocks: former })[0]?.subnet).toBe('fd00:1234:0:7::/64')
  })

  test('are always inside blocks of this host, or outside all pools of the cluster', () => {
    const number = fc.integer({ min: 0, max: 15 })
    fc.assert(
      fc.property(
        fc.uniqueArray(number, { maxLength: 6 }),
        fc.uniqueArray(number, { maxLength: 3 }),
        fc.array(fc.integer({ min: 24, max: 28 }), { maxLength: 8 }),
        fc.constantFrom([], ['10.64.0.0/20:24'], ['10.64.0.0/16:24'], ['10.0.0.0/8:24']),
        (numbers, gone, sizes, pools) => {
          const block = (at: number): string => `10.64.${at}.0/24`
          const blocks = numbers.map(block)
          const lost = gone
            .filter((at) => !numbers.includes(at))
            .map((at) => ({ block: block(at), takenBy: null }))
          const share: HeldBlocks = { ...{ cluster: 'c', pools: ['10.64.0.0/20:24'], join }, blocks, lost }
          const requests = sizes.map((size, at) => ip(`n${at}`, { size }))
          let planned: readonly { readonly subnet: string }[] = []
          try {
            planned = plan(requests, share, pools)
          } catch (error) {
            expect(error).toMatchObject({ code: 'POOL_EXHAUSTED' })
          }
          for (const { subnet } of planned.map(({ subnet }) => ({ subnet: parsePrefix(subnet) }))) {
            const within = blocks.filter((one) => prefixesOverlap(parsePrefix(one), subnet))
            if (prefixesOverlap(parsePrefix('10.64.0.0/20'), subnet)) expect(within).toHaveLength(1)
          }
        },
      ),
    )
  })
})
