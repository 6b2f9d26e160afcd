import { describe, expect, test } from '@jest/globals'
import { emptyLeases, memoryBlockStore, readCompose, runBlockSteps, setUpCluster } from '@portolan/core'
import { type RememberedMember, readMember, writeMember } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { joinCluster } from '../../src/cluster/join-cluster.ts'
import { hasJoined, thisMember } from '../../src/cluster/this-member.ts'
import { plan } from '../../src/plan/plan-intent.ts'
import type { PlanOptions } from '../../src/plan/plan-options.ts'
import { readLostBlocks } from '../../src/status/lost-blocks.ts'
import { joinedBy, stateFolder } from '../joined-host.ts'

const shop = readCompose('name: shop\nnetworks: {web: {}}\nservices: {a: {networks: [web]}}\n', {
  source: 'compose.yaml',
})
const up = { name: 'br-web', alias: 'portolan project=shop network=web', addresses: ['10.64.1.1/24'] }
const there: HostFacts = { interfaces: [{ ...up, up: true }], routes: [] }
const empty: HostFacts = { interfaces: [], routes: [] }

const folder = stateFolder()

/** A host that released its block in cluster prod, while its network still exists. */
const left = () =>
  folder.join({ blocks: [], lost: [{ block: '10.64.1.0/24', takenBy: null, revision: 0 }], left: true })

const clusterOf = async (...pools: readonly string[]) => {
  const store = memoryBlockStore()
  await runBlockSteps(store, setUpCluster(pools))
  const join = async (name: string, facts: HostFacts): Promise<RememberedMember> => {
    const member = await thisMember(folder.path, name, 'web-1')
    return (await joinCluster(store, folder.path, member, { leases: emptyLeases, facts }, { lease: null }))
      .member
  }
  return join
}

const conflictsOn = async (options: PlanOptions = {}) =>
  (
    await plan(shop, {
      ...{ facts: there, rules: null, backend: 'nftables', stateDirectory: folder.path },
      ...options,
    })
  ).conflicts

const told = [
  {
    ...{ kind: 'SubnetOverlap', severity: 'error', remedy: { commands: ['portolan move web'] } },
    message: expect.stringMatching(/block 10\.64\.1\.0\/24 of cluster prod no longer belongs to this host/),
  },
]

describe('a network that was left in a block of a cluster', () => {
  test('is told where the host joined another one, until it has moved', async () => {
    await left()
    const join = await clusterOf('10.80.0.0/20:24')
    await join('test', there)
    expect(await conflictsOn()).toMatchObject(told)
    expect(await conflictsOn({ cluster: 'etcd://192.0.2.1/test' })).toMatchObject(told)
    const { find } = await readLostBlocks(folder.path, { isLive: () => false })
    const subnet = { subnet: '10.64.1.0/24', gateway: '10.64.1.1', mode: 'nat', masquerade: true } as const
    const network = {
      ...{ name: 'web', bridge: 'br-web', external: false, internal: false, icc: true, mtu: null },
      ...{ ip: subnet, ip6: null },
    }
    expect(find([{ project: 'shop', network }])).toMatchObject(told)
    expect((await join('test', empty)).lostElsewhere).toBeUndefined()
    expect(await conflictsOn()).toEqual([])
  })

  test('is told where another cluster is named, and while the host is refused there', async () => {
    await left()
    const options = { cluster: 'etcd://192.0.2.1/test' }
    expect(await conflictsOn(options)).toMatchObject(told)
    expect(hasJoined(await thisMember(folder.path, 'test', 'web-1'))).toBe(false)
    expect(await conflictsOn()).toMatchObject(told)
    expect(await conflictsOn(options)).toMatchObject(told)
  })

  test('gets its block back where the host joins that cluster again', async () => {
    await left()
    const [prod, other] = [await clusterOf('10.64.0.0/16:24'), await clusterOf('10.80.0.0/20:24')]
    await other('test', there)
    const { url: _url, ...member } = (await readMember(folder.path)) ?? fail()
    await writeMember(folder.path, { ...member, blocks: [], left: true })
    expect((await prod('prod', there)).blocks).toMatchObject([{ block: '10.64.1.0/24' }])
    expect((await readMember(folder.path))?.lostElsewhere).toBeUndefined()
    expect(await conflictsOn({ cluster: joinedBy })).toEqual([])
  })
})

const fail = (): never => {
  throw new Error('nothing is remembered')
}
