import { describe, expect, test } from '@jest/globals'
import {
  announceNode,
  type ClusterNeighbours,
  claimBlocks,
  diffLinks,
  memoryBlockStore,
  runBlockSteps,
  setUpCluster,
  withNeighbours,
} from '../../src/index.ts'
import { routesUnknown } from '../../src/route/routes-elsewhere.ts'
import { chosenAnew, withoutStaleRoutes } from '../../src/route/with-neighbours.ts'
import { desired, facts, neighbours } from './cluster-neighbours.ts'

describe('routes of ours to blocks outside the pools of the cluster, which another state directory knows', () => {
  const pools = ['10.64.0.0/16:24', 'fd64::/48:64']
  const known = { ...neighbours(), blocks: ['10.64.1.0/24', 'fd64::/64'], pools }
  const ours = (destination: string, gateway: string) => ({
    ...{ destination, gateway, interface: 'eth0', table: 254, protocol: 'portolan' },
  })
  const others = [ours('10.70.2.0/24', '192.0.2.12'), ours('fd70:2::/64', '2001:db8::12')]
  const stale = ours('10.64.9.0/24', '192.0.2.13')
  const host = facts({ routes: [...others, stale] })
  const removed = (among: ClusterNeighbours, desiredOf = withNeighbours(desired(), host, among).desired) =>
    diffLinks(desiredOf, host).flatMap(({ action, object }) => (action === 'remove' ? [object] : []))

  test('are left and told, and one inside them goes with its block', () => {
    expect(removed(known)).toEqual(['route 10.64.9.0/24'])
    const { notes } = withNeighbours(desired(), host, known)
    expect(notes).toEqual([
      expect.stringMatching(
        /blocks that no pool of cluster lab has or had \(10\.70\.2\.0\/24 via 192\.0\.2\.12, fd70:2::\/64 via 2001:db8::12\).*in one cluster only/,
      ),
    ])
    const again = chosenAnew({ networks: [], endpoints: [], links: [] }, desired(), host, known)
    expect(removed(known, again)).toEqual(['route 10.64.9.0/24'])
    expect(withoutStaleRoutes(host, known).routes).toEqual(others)
  })

  test('are of this cluster where it had such pools before, or where no pools were seen', () => {
    const former = ['10.70.0.0/16:24', 'fd70::/16:64']
    const all = [...others, stale].map(({ destination }) => `route ${destination}`)
    expect(removed({ ...known, former })).toEqual(expect.arrayContaining(all))
    expect(removed(neighbours())).toEqual(expect.arrayContaining(all))
  })
})

describe('routes of ours that another state directory has', () => {
  const holder = { directory: '/srv/prod', cluster: 'prod', host: 'h1', blocks: ['10.64.7.0/24'] }
  const held = { ...neighbours(), pools: ['10.64.0.0/16:24'], routesOf: holder }
  const ours = (destination: string, gateway: string) => ({
    ...{ destination, gateway, interface: 'eth0', table: 254, protocol: 'portolan' },
  })
  const host = facts({ routes: [ours('10.64.2.0/24', '192.0.2.77'), ours('10.64.9.0/24', '192.0.2.13')] })

  test('stay as they are, whatever the pools, and that is said', () => {
    const { desired: got, notes, conflicts } = withNeighbours(desired(), host, held)
    expect({ changes: diffLinks(got, host), conflicts }).toEqual({ changes: [], conflicts: [] })
    expect(notes).toEqual([
      expect.stringMatching(
        /belong to cluster prod, in which it is h1 with the state directory \/srv\/prod\. .*cluster lab/,
      ),
    ])
    const planned = {
      ...desired(),
      routes: [{ destination: '10.64.2.0/24', via: '192.0.2.12', interface: 'eth0' }],
    }
    const again = chosenAnew({ networks: [], endpoints: [], links: [] }, planned, host, held)
    expect(diffLinks(again, host)).toEqual([])
    expect(withoutStaleRoutes(host, held)).toEqual(host)
  })

  test('are made for this one where there are none', () => {
    const { desired: got, notes } = withNeighbours(desired(), facts(), held)
    expect({ routes: got.routes?.length, notes }).toEqual({ routes: 1, notes: [] })
  })

  test('are unknown to a cluster where no host had the block and none has the address', async () => {
    const store = memoryBlockStore()
    await runBlockSteps(store, setUpCluster(['10.64.0.0/16:24']))
    const member = { host: 'h2', incarnation: 'b' }
    const claim = claimBlocks({ ...member, lease: null, newNonce: () => 'n' })
    const { blocks } = await runBlockSteps(store, claim)
    const addresses = { ip: '192.0.2.12', ip6: null }
    await runBlockSteps(store, announceNode({ ...member, addresses }))
    const own = ours(blocks[0]?.block ?? '', '192.0.2.99')
    const [other, near] = [ours('10.64.255.0/24', '192.0.2.13'), ours('10.64.254.0/24', '192.0.2.12')]
    const known = routesUnknown({ routes: [own, other, near] }, await store.read())
    expect(known.map(({ destination }) => destination)).toEqual(['10.64.255.0/24'])
  })
})
