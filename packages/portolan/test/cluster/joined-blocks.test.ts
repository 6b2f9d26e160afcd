import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import { type RememberedMember, writeMember } from '@portolan/host'
import { plan } from '../../src/plan/plan-intent.ts'
import type { PlanOptions } from '../../src/plan/plan-options.ts'

const shop = readCompose('name: shop\nnetworks: {web: {}}\nservices: {a: {networks: [web]}}\n', {
  source: 'compose.yaml',
})

const url = 'etcd://192.0.2.1/prod'
const member: RememberedMember = {
  ...{ cluster: 'prod', host: 'web-1', incarnation: 'a1', pools: ['10.64.0.0/12:24'], url },
  ...{ blocks: [{ block: '10.64.1.0/24', revision: 3 }], leaving: [], lost: [] },
}

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portolan-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const planned = (options: PlanOptions = {}) =>
  plan(shop, { facts: {}, rules: null, backend: 'nftables', stateDirectory: folder, ...options })

const subnetOf = async (options: PlanOptions = {}): Promise<string | undefined> =>
  (await planned(options)).subnets[0]?.subnet

describe('a plan on a host that has joined a cluster, where none is named', () => {
  test('picks subnets in its blocks', async () => {
    expect(await subnetOf()).toBe('172.17.0.0/16')
    await writeMember(folder, member)
    expect(await subnetOf()).toBe('10.64.1.0/24')
  })

  test('picks them elsewhere where a pool is named, or it is told that there is no cluster', async () => {
    await writeMember(folder, member)
    expect(await subnetOf({ pools: ['10.9.0.0/24:24'] })).toBe('10.9.0.0/24')
    expect(await subnetOf({ cluster: null })).toBe('172.17.0.0/16')
  })

  test('has no subnet without a block, and says how to get one', async () => {
    await writeMember(folder, { ...member, blocks: [] })
    const join = `portolan cluster join --cluster ${url} --state ${folder} --count 1`
    await expect(planned()).rejects.toThrow(`\`${join}\``)
  })

  test('goes by no cluster that it has left, or that refused it', async () => {
    await writeMember(folder, { ...member, blocks: [], left: true })
    expect(await subnetOf()).toBe('172.17.0.0/16')
    await writeMember(folder, { ...member, blocks: [], pools: [] })
    expect(await subnetOf()).toBe('172.17.0.0/16')
  })

  test('is refused where what it remembers is damaged', async () => {
    await writeFile(join(folder, 'cluster.json'), '{')
    await expect(planned()).rejects.toThrow(/cluster\.json is damaged/)
  })
})
