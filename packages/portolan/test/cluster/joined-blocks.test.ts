import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { emptyConfig, readCompose } from '@portolan/core'
import { plan } from '../../src/plan/plan-intent.ts'
import type { PlanOptions } from '../../src/plan/plan-options.ts'
import { joinedBy, stateFolder } from '../joined-host.ts'

const shop = readCompose('name: shop\nnetworks: {web: {}}\nservices: {a: {networks: [web]}}\n', {
  source: 'compose.yaml',
})

const folder = stateFolder()

const planned = (options: PlanOptions = {}) =>
  plan(shop, { facts: {}, rules: null, backend: 'nftables', stateDirectory: folder.path, ...options })

const subnetOf = async (options: PlanOptions = {}): Promise<string | undefined> =>
  (await planned(options)).subnets[0]?.subnet

describe('a plan on a host that has joined a cluster, where none is named', () => {
  test('picks subnets in its blocks', async () => {
    expect(await subnetOf()).toBe('172.17.0.0/16')
    await folder.join()
    expect(await subnetOf()).toBe('10.64.1.0/24')
  })

  test('picks them elsewhere where a pool is named, or it is told that there is no cluster', async () => {
    await folder.join()
    expect(await subnetOf({ pools: ['10.9.0.0/24:24'] })).toBe('10.9.0.0/24')
    expect(await subnetOf({ cluster: null })).toBe('172.17.0.0/16')
  })

  test('picks from no pool where a cluster is named that the host has not joined, unless it is told its addresses', async () => {
    const named = { cluster: 'etcd://192.0.2.1/prod', pools: ['docker'] }
    const seen = {
      ...{ cluster: 'prod', host: '', revision: 7, blocks: [], pools: ['172.16.0.0/12:16'] },
      others: [{ block: '172.17.0.0/16', host: 'web-2', via: null }],
    }
    await expect(planned(named)).rejects.toThrow(/has not joined cluster prod/)
    await expect(planned({ ...named, clusterSeen: { ...seen, cluster: 'test' } })).rejects.toThrow(
      /has not joined/,
    )
    // No cluster has this name, so it may be misspelt.
    await expect(planned({ ...named, clusterSeen: { ...seen, pools: [] } })).rejects.toThrow(
      /cluster prod has no pools: that name is misspelt.*Name the one that is meant/,
    )
    expect(await subnetOf({ ...named, clusterSeen: seen })).toBe('192.168.0.0/20')
    const grown = { ...named, clusterSeen: { ...seen, former: ['192.168.0.0/16:20'] } }
    await expect(planned(grown)).rejects.toThrow(/No subnet is free .*is in a pool of cluster prod/)
    expect(await subnetOf({ ...named, cluster: null })).toBe('172.17.0.0/16')
    const text =
      'networks: {web: {ipam: {config: [{subnet: 172.19.0.0/16}]}}}\nservices: {a: {networks: [web]}}\n'
    const inPool = readCompose(`name: shop\n${text}`, { source: 'compose.yaml' })
    const known = { facts: {}, rules: null, backend: 'nftables', stateDirectory: folder.path } as const
    const { conflicts } = await plan(inPool, { ...known, cluster: named.cluster, clusterSeen: seen })
    expect(conflicts).toMatchObject([
      { kind: 'SubnetOverlap', severity: 'error', culprit: { tool: 'cluster' } },
    ])
    expect(conflicts[0]?.remedy.text).toMatch(/^First join cluster prod/)
    // For a program that asks no etcd, a note says what was not checked.
    const unasked = await plan(inPool, { ...known, cluster: named.cluster })
    expect(unasked.conflicts).toEqual([])
    expect(unasked.notes.map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^Network web \(172\.19\.0\.0\/16\) was not checked .*cluster prod.*`portolan cluster join/,
      ),
    ])
    await folder.join()
    expect(await subnetOf({ cluster: 'etcd://192.0.2.1/prod', clusterSeen: seen })).toBe('10.64.1.0/24')
  })

  test('has no subnet without a block, and says how to get one', async () => {
    await folder.join({ blocks: [] })
    const join = `portolan cluster join --cluster ${joinedBy} --state ${folder.path} --count 1`
    await expect(planned()).rejects.toThrow(`\`${join}\``)
  })

  test('says that a network is outside its blocks, and what moves it, unless a pool or a subnet is named', async () => {
    await folder.join()
    const mark = 'portolan project=shop network=web'
    const up = { name: 'br-web', alias: mark, addresses: ['172.29.6.1/24'], up: true }
    const told = async (options: PlanOptions = {}, intent = shop): Promise<readonly string[]> => {
      const known = { facts: { interfaces: [up] }, rules: null, backend: 'nftables' } as const
      const { notes } = await plan(intent, { ...known, stateDirectory: folder.path, ...options })
      return notes.flatMap(({ text }) => (text.includes('outside the blocks') ? [text] : []))
    }
    expect(await told()).toEqual([
      expect.stringMatching(
        /^Network web \(172\.29\.6\.0\/24\) is outside .*cluster prod.*`portolan move web`\.$/,
      ),
    ])
    expect(await told({ move: ['web'] })).toEqual([])
    expect(await told({ pools: ['10.9.0.0/24:24'] })).toEqual([])
    expect(await told({ cluster: null })).toEqual([])
    const named =
      'name: shop\nnetworks: {web: {ipam: {config: [{subnet: 172.29.6.0/24}]}}}\nservices: {a: {networks: [web]}}\n'
    expect(await told({}, readCompose(named, { source: 'compose.yaml' }))).toEqual([])
    const internal = 'name: shop\nnetworks: {web: {internal: true}}\nservices: {a: {networks: [web]}}\n'
    expect(await told({}, readCompose(internal, { source: 'compose.yaml' }))).toEqual([])
  })

  test('is refused where another cluster is named, with both, and with what leads out', async () => {
    await folder.join()
    const test = 'etcd://192.0.2.1/test'
    const seen = {
      cluster: 'test',
      host: '',
      revision: 7,
      blocks: [],
      others: [],
      pools: ['10.80.0.0/20:24'],
    }
    const release = `portolan cluster release --cluster ${joinedBy} --state ${folder.path}`
    for (const options of [
      { cluster: test },
      { cluster: test, clusterSeen: seen, pools: ['docker'] },
      { config: { ...emptyConfig, cluster: test } },
    ]) {
      const refused = planned(options)
      await expect(refused).rejects.toThrow(/is web-1 in cluster prod .*cluster test is named/)
      await expect(refused).rejects.toThrow(`\`${release}\``)
    }
    const named = readCompose(
      'name: shop\nnetworks: {web: {ipam: {config: [{subnet: 172.29.6.0/24}]}}}\nservices: {a: {networks: [web]}}\n',
      { source: 'compose.yaml' },
    )
    const known = { facts: {}, rules: null, backend: 'nftables', stateDirectory: folder.path } as const
    expect((await plan(named, { ...known, cluster: test })).notes).toContainEqual({
      text: expect.stringMatching(/not checked .*is web-1 in cluster prod .*cluster test is named/),
      place: null,
    })
  })

  test('goes by no cluster that it has left, or that refused it', async () => {
    await folder.join({ blocks: [], left: true })
    expect(await subnetOf()).toBe('172.17.0.0/16')
    await folder.join({ blocks: [], pools: [] })
    expect(await subnetOf()).toBe('172.17.0.0/16')
  })

  test('tells a network that was left in a block of a cluster that the host has left, and what moves it', async () => {
    const lost = [{ block: '10.64.1.0/24', takenBy: null, revision: 0 }]
    await folder.join({ blocks: [], lost, left: true })
    const up = { name: 'br-web', alias: 'portolan project=shop network=web', up: true }
    const facts = { interfaces: [{ ...up, addresses: ['10.64.1.1/24'] }] }
    for (const options of [{}, { cluster: joinedBy }]) {
      const { conflicts } = await planned({ facts, ...options })
      expect(conflicts).toMatchObject([
        { kind: 'SubnetOverlap', severity: 'error', remedy: { commands: ['portolan move web'] } },
      ])
    }
    // When the cluster is named, a pool outside it must be named too: see `outsidePools`.
    for (const options of [{}, { cluster: joinedBy, pools: ['classic'] }])
      expect(await planned({ facts, move: ['web'], ...options })).toMatchObject({
        ...{ conflicts: [], subnets: [{ subnet: '172.17.0.0/16' }] },
      })
  })

  test('is refused where what it remembers is damaged', async () => {
    await writeFile(join(folder.path, 'cluster.json'), '{')
    await expect(planned()).rejects.toThrow(/cluster\.json is damaged/)
  })
})
