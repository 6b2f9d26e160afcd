import { describe, expect, test } from '@jest/globals'
import {
  formatPrefix,
  type HostFacts,
  parsePrefix,
  prefixesOverlap,
  type RouteFact,
} from '@portolan/netfilter'
import fc from 'fast-check'
import {
  blockObstacles,
  type ClaimRequest,
  claimBlocks,
  memoryBlockStore,
  releaseBlocks,
  runBlockSteps,
  setUpCluster,
} from '../../src/index.ts'

let nonces = 0
const newNonce = (): string => {
  nonces += 1
  return `n${nonces}`
}

const me = { host: 'web-1', incarnation: 'i', newNonce }

const clusterOf = async (...pools: readonly string[]) => {
  const store = memoryBlockStore()
  await runBlockSteps(store, setUpCluster(pools))
  return {
    store,
    claim: (facts: HostFacts, more: Partial<ClaimRequest> = {}) =>
      runBlockSteps(store, claimBlocks({ ...me, lease: null, avoid: blockObstacles(facts), ...more })),
  }
}

const through = (destination: string, more: Partial<RouteFact> = {}): RouteFact => ({
  ...{ destination, gateway: null, interface: 'wg0', table: 51820 },
  ...more,
})

const bridge = (address: string) => ({
  ...{ name: 'br0', kind: 'bridge', alias: 'portolan project=shop network=web', addresses: [address] },
})

describe('a host that claims', () => {
  test('is told to move a network out of the pool that its lease fills, which no allowed range frees', async () => {
    const { claim } = await clusterOf('172.17.0.0/16:24')
    const leases = [{ project: 'shop', network: 'web', subnet: '172.17.0.0/16' }]
    const failed = claim({}, { avoid: blockObstacles({}, { leases }) })
    await expect(failed).rejects.toThrow(
      /leased to network web of project shop\).*`portolan move -f FILE --pool \S+ NETWORK`/,
    )
    await expect(failed).rejects.not.toThrow(/allowed:/)
    const beside = claim({ routes: [through('172.17.0.0/16')] })
    await expect(beside).rejects.toThrow(/allowed: in/)
  })

  test.each<[string, HostFacts, string]>([
    ['a route of a VPN', { routes: [through('10.64.0.0/25')] }, 'route 10.64.0.0/25 via wg0 in table 51820'],
    [
      'an address that is down',
      { interfaces: [{ name: 'eth1', up: false, addresses: ['10.64.0.9/24'] }] },
      'address',
    ],
    ['a nameserver', { nameservers: ['10.64.0.53'] }, 'nameserver 10.64.0.53'],
    [
      'a network of another engine',
      { networks: [{ engine: 'docker', name: 'n', subnets: ['10.64.0.0/26'] }] },
      'docker',
    ],
    [
      'a bridge of its own that is wider',
      { interfaces: [bridge('10.64.0.1/23')] },
      'the bridge of network web',
    ],
  ])('passes over a block that collides with %s, and says so', async (_what, facts, detail) => {
    const { claim } = await clusterOf('10.64.0.0/22:24')
    const { blocks, skipped } = await claim(facts, { count: 2 })
    const wide = facts.interfaces?.[0]?.addresses?.[0] === '10.64.0.1/23'
    expect(blocks.map(({ block }) => block)).not.toContain('10.64.0.0/24')
    expect(blocks).toHaveLength(2)
    for (const one of skipped) expect(one.detail).toContain(detail)
    if (wide) expect(blocks.map(({ block }) => block)).toEqual(['10.64.2.0/24', '10.64.3.0/24'])
  })

  test('passes over the resolver of EC2', async () => {
    const { claim } = await clusterOf('172.16.0.0/23:24')
    expect((await claim({})).blocks.map(({ block }) => block)).toEqual(['172.16.1.0/24'])
  })

  test('is told what is in the way where no block is left', async () => {
    const { claim } = await clusterOf('10.64.0.0/22:24')
    await expect(claim({ routes: [through('10.0.0.0/8')] })).rejects.toMatchObject({
      code: 'CLUSTER_EXHAUSTED',
      message: expect.stringMatching(
        /hosts hold 0 of this family, and each of the others collides .* and 3 more: route 10\.0\.0\.0\/8 via wg0/,
      ),
    })
  })

  test('passes a pool of IPv6 in a few steps, and only what is covered', async () => {
    const { claim } = await clusterOf('fd00::/16:64')
    await expect(claim({ routes: [through('fd00::/8')] })).rejects.toMatchObject({
      code: 'CLUSTER_EXHAUSTED',
    })
    const most = Array.from({ length: 15 }, (_, at) => through(`fd00:${(at + 1).toString(16)}000::/20`))
    const { blocks } = await claim({ routes: most })
    expect(blocks[0]?.block).toMatch(/^fd00:(0|[0-9a-f]{1,3}|:).*\/64$/)
  })

  test('is not kept from a block by what it has of its own in it, nor by its routes to other hosts', async () => {
    const { claim, store } = await clusterOf('10.64.0.0/24:24')
    await claim({})
    await runBlockSteps(store, releaseBlocks({ ...me, blocks: null }))
    const own: HostFacts = {
      interfaces: [bridge('10.64.0.1/25')],
      routes: [
        { destination: '10.64.0.0/25', interface: 'br0' },
        through('10.64.0.0/24', {
          interface: 'eth0',
          gateway: '192.0.2.3',
          table: 254,
          protocol: 'portolan',
        }),
      ],
    }
    expect((await claim(own)).claimed).toEqual(['10.64.0.0/24'])
  })

  test('does not get back a block that collides by now, and is told', async () => {
    const { claim, store } = await clusterOf('10.64.0.0/23:24')
    const { blocks } = await claim({})
    await runBlockSteps(store, releaseBlocks({ ...me, blocks: null }))
    const [before = ''] = blocks.map(({ block }) => block)
    const again = await claim({ routes: [through(before)] }, { remembered: blocks })
    expect(again.claimed).toHaveLength(1)
    expect(again.claimed).not.toContain(before)
    expect(again.skipped).toMatchObject([{ candidate: before, kind: 'route', overlaps: before }])
  })

  test('keeps what it holds, though it collides by now', async () => {
    const { claim } = await clusterOf('10.64.0.0/23:24')
    const { blocks } = await claim({})
    const again = await claim({ routes: [through('10.64.0.0/16')] })
    expect(again.blocks).toEqual(blocks)
    expect(again.claimed).toEqual([])
  })

  test('gets each block that is free and collides with nothing, and no other', async () => {
    const routes = fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 2 ** 12 - 1 }), fc.integer({ min: 21, max: 32 }))
        .map(([at, length]) => {
          const base = 0x0a400000 + at
          const prefix = { family: 'ip', length, base: base - (base % 2 ** (32 - length)) } as const
          return formatPrefix(prefix)
        }),
      { maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(routes, fc.integer({ min: 1, max: 16 }), async (destinations, count) => {
        const { claim } = await clusterOf('10.64.0.0/20:24')
        const taken = destinations.map((text) => parsePrefix(text))
        const all = Array.from({ length: 16 }, (_, at) => `10.64.${at}.0/24`)
        const free = all.filter((one) => !taken.some((route) => prefixesOverlap(route, parsePrefix(one))))
        const facts = { routes: destinations.map((one) => through(one)) }
        const claimed = claim(facts, { count })
        if (count > free.length) await expect(claimed).rejects.toMatchObject({ code: 'CLUSTER_EXHAUSTED' })
        else {
          const { blocks, skipped } = await claimed
          expect(free).toEqual(expect.arrayContaining(blocks.map(({ block }) => block)))
          expect(skipped.reduce((sum, one) => sum + one.candidates, 0)).toBeLessThanOrEqual(16)
        }
      }),
    )
  })
})
