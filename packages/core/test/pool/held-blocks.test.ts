import { describe, expect, test } from '@jest/globals'
import {
  type HeldBlocks,
  parsePool,
  planSubnets,
  type SubnetPlanOptions,
  type SubnetRequest,
} from '@portolan/core'
import { findLostBlock, findLostBlocks, lostBlockNotes, mayBeItself } from '@portolan/core/planning'
import { type HostFacts, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import fc from 'fast-check'

const join = 'portolan cluster join'
const held: HeldBlocks = {
  ...{ cluster: 'prod', pools: ['10.64.0.0/12:24', 'fd00:1234::/48:64'], lost: [], join },
  blocks: ['10.66.31.0/24', '10.70.2.0/24', 'fd00:1234:0:7::/64'],
}
const ip = (network: string, more: Partial<SubnetRequest> = {}): SubnetRequest => ({
  ...{ network, family: 'ip' },
  ...more,
})
const plan = (requests: readonly SubnetRequest[], blocks: HeldBlocks = held, pools: readonly string[] = []) =>
  planSubnets({}, requests, pools.map(parsePool), { blocks })

describe('subnets in blocks of a cluster', () => {
  test('are the blocks of this host, in their order', () => {
    const subnets = plan([ip('web'), ip('db'), { network: 'web', family: 'ip6' }])
    expect(subnets.map(({ subnet, gateway }) => [subnet, gateway])).toEqual([
      ['10.66.31.0/24', '10.66.31.1'],
      ['10.70.2.0/24', '10.70.2.1'],
      ['fd00:1234:0:7::/64', 'fd00:1234:0:7::1'],
    ])
  })

  test('a subnet in a block of another host is told as that, whatever route leads there', () => {
    const others = [{ block: '10.64.15.0/24', host: 'h2' }]
    const overlapsBeside = (destination: string) => {
      const facts = { routes: [{ destination, gateway: '192.0.2.12', interface: 'eth0' }] }
      const request = ip('web', { subnet: '10.64.15.128/25' })
      const [planned] = planSubnets(facts, [request], [], { blocks: { ...held, others } })
      return planned?.overlaps.map(({ kind, detail }) => [kind, detail])
    }
    const taken = ['cluster', expect.stringContaining('is held by host h2 now')]
    expect(overlapsBeside('10.64.15.0/24')).toEqual([taken])
    expect(overlapsBeside('10.64.15.128/26')).toEqual([taken])
    expect(overlapsBeside('10.64.0.0/16')).toEqual([['route', expect.any(String)], taken])
  })

  test('share a block where they are smaller', () => {
    const subnets = plan(['a', 'b', 'c'].map((name) => ip(name, { size: 26 })))
    expect(subnets.map(({ subnet }) => subnet)).toEqual([
      '10.66.31.0/26',
      '10.66.31.64/26',
      '10.66.31.128/26',
    ])
  })

  test('are of the size that a Compose file asks for', () => {
    const [web] = plan([ip('a', { subnet: '0.0.0.0/26' })])
    expect(web).toMatchObject({ subnet: '10.66.31.0/26', origin: 'picked' })
  })

  test('say how many blocks are missing, and what claims them', () => {
    expect(() => plan(['a', 'b', 'c', 'd'].map((name) => ip(name)))).toThrow(
      /No subnet is free for network c in the blocks of this host in cluster prod \(10\.66\.31\.0\/24: .*\)\. Claim 2 more, which asks etcd: `portolan cluster join --count 4`/,
    )
    const four = ['a', 'b', 'c', 'd', 'e'].map((name) => ip(name, { size: 26 }))
    expect(() => plan(four, { ...held, blocks: ['10.66.31.0/24'] })).toThrow(
      /Claim one more, .*--count 2`\. Where it finds none free, it says what is in the way, and how to add a pool:/,
    )
    expect(() => plan([ip('a')], { ...held, blocks: [] })).toThrow(
      /has no IPv4 block of cluster prod.*--count 1`/,
    )
  })

  test('a host whose name another machine has is told the way to another one, and then to its blocks', () => {
    const renamed = 'portolan cluster release && portolan cluster join --member NAME'
    const taken = {
      ...held,
      host: 'web-1',
      others: [{ block: '10.66.31.0/24', host: 'web-1' }],
      join: renamed,
    }
    expect(() => plan([ip('a')], { ...taken, blocks: [] })).toThrow(
      /Another machine now has the name web-1 in cluster prod.*`portolan cluster release && portolan cluster join --member NAME --count 1`/,
    )
    const lost = [{ block: '10.66.31.0/24', takenBy: 'web-1' }]
    const found = findLostBlock(
      { network: 'web', subnet: '10.66.31.0/24' },
      { ...taken, lost, blocks: [] },
      false,
    )
    expect(found?.remedy).toMatchObject({
      text: expect.stringMatching(/Another machine now has the name web-1.* Then: Move the network/),
      commands: [renamed, 'portolan move web'],
    })
  })

  describe('a network in a lost block is told', () => {
    const block = '10.66.31.0/24'
    const remedyOf = (more: Partial<HeldBlocks>, isLive = false) =>
      findLostBlock({ network: 'web', subnet: block }, { ...held, blocks: [], ...more }, isLive)?.remedy
    const free = [{ block, takenBy: null }]
    const taken = [{ block, takenBy: 'h2' }]
    const back = /^`portolan cluster join` gets the block back where no other host has it by then/

    test.each([false, true])('that a free block comes back, by a program: %s', (isLive) => {
      expect(remedyOf({ lost: free }, isLive)).toEqual({
        text: expect.stringMatching(back),
        commands: [join],
      })
      expect(remedyOf({ lost: free, blocks: ['10.70.2.0/24'] }, isLive)?.text).toMatch(back)
    })

    test('no claim where the block cannot come back', () => {
      const own = { blocks: ['10.70.2.0/24'] }
      const moved = { text: expect.stringMatching(/^Move the network/), commands: ['portolan move web'] }
      expect(remedyOf({ ...own, lost: [{ block, takenBy: null, cluster: 'test' }] })).toEqual(moved)
      expect(
        remedyOf({ ...own, lost: free, pools: ['10.64.0.0/12:24'], former: ['10.64.0.0/12:24'] }),
      ).toEqual(moved)
      expect(remedyOf({ lost: free, left: true, pools: [] })).toEqual(moved)
      expect(remedyOf({ ...own, lost: taken })).toEqual(moved)
    })

    test('to claim one more first where its own have no room', () => {
      const blocks = ['10.70.2.0/24', '10.71.2.0/24', 'fd00:1234:0:7::/64']
      const commandsWith = (used: readonly string[], more: Partial<HeldBlocks> = {}, subnet = block) =>
        findLostBlocks(
          { network: 'web', subnets: [subnet], used },
          { ...held, blocks, lost: taken, ...more },
          false,
        ).map(({ remedy }) => remedy.commands)
      const more = (count: number) => [[`${join} --count ${count}`, 'portolan move web']]
      const alone = [['portolan move web']]
      expect(commandsWith(['10.70.2.1/24'])).toEqual(alone)
      expect(commandsWith(['10.70.2.1/24', '10.71.2.1/25'])).toEqual(more(3))
      expect(commandsWith(['10.70.2.1/24', '10.71.2.1/25'], {}, '10.66.31.0/25')).toEqual(alone)
      expect(commandsWith(['10.70.0.0/16'], { leaving: ['10.71.2.0/24'] })).toEqual(more(2))
      // The host has further blocks of the other family, with room.
      const both = findLostBlocks(
        { network: 'web', subnets: [block, 'fd00:1234:0:1f::/64'], used: ['fd00:1234:0:7::/64'] },
        { ...held, blocks, lost: [...taken, { block: 'fd00:1234:0:1f::/64', takenBy: 'h2' }] },
        false,
      )
      expect(both.map(({ remedy }) => remedy.commands)).toEqual(more(2))
    })

    test('to claim a block first where it has none of that family to move to', () => {
      const first = /^First claim a block, which asks etcd: `portolan cluster join`\. Then: /
      const claimed = { text: expect.stringMatching(first), commands: [join, 'portolan move web'] }
      expect(remedyOf({ lost: taken })).toEqual(claimed)
      expect(remedyOf({ lost: taken, blocks: ['fd00:1234:0:7::/64'] })).toEqual(claimed)
      expect(remedyOf({ lost: taken, blocks: ['10.70.2.0/24'], leaving: ['10.70.2.0/24'] })).toEqual(claimed)
      expect(remedyOf({ lost: taken }, true)).toEqual({
        text: expect.stringMatching(first),
        commands: [join],
      })
      // The network moves out of the cluster, or nothing is known about where it may go.
      const alone = ['portolan move web']
      expect(remedyOf({ lost: taken, pools: ['fd00:1234::/48:64'] })?.commands).toEqual(alone)
      expect(remedyOf({ lost: taken, left: true, pools: [] })?.commands).toEqual(alone)
      expect(remedyOf({ lost: taken, pools: null })?.commands).toEqual(alone)
      expect(remedyOf({ lost: taken, elsewhere: 'This host is in another cluster.' })?.commands).toEqual(
        alone,
      )
    })
  })

  test('a host that may itself be the machine of its name is told to take its blocks back before it is told another name', () => {
    const block = '10.66.31.0/24'
    const disputed = {
      ...{ ...held, host: 'web-1', others: [{ block, host: 'web-1' }], disputed: [block], blocks: [] },
      ...{ lost: [{ block, takenBy: 'web-1' }], join: 'RENAME', takeover: 'TAKEOVER' },
    }
    expect(mayBeItself(disputed)).toBe(true)
    const order =
      /etcd lost data.*no other machine was given the name web-1.*`TAKEOVER` gets its blocks back.*`RENAME`/
    expect(() => plan([ip('a')], disputed)).toThrow(order)
    expect(findLostBlock({ network: 'web', subnet: block }, disputed, false)?.remedy).toEqual({
      text: expect.stringMatching(new RegExp(`${order.source}\\. Then: Move the network`)),
      commands: ['TAKEOVER'],
    })
    const [note, ...more] = lostBlockNotes(
      [{ block, takenBy: 'web-1', networks: [] }],
      { ...disputed, others: [{ block, host: 'web-1', via: null }] },
      disputed,
    )
    expect(note).toMatch(
      /another machine named web-1 has it.*`TAKEOVER` gets its blocks back.*`RENAME` gives/,
    )
    expect(more).toEqual([])
  })

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
