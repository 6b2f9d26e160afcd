import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
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

  test('has no subnet without a block, and says how to get one', async () => {
    await folder.join({ blocks: [] })
    const join = `portolan cluster join --cluster ${joinedBy} --state ${folder.path} --count 1`
    await expect(planned()).rejects.toThrow(`\`${join}\``)
  })

  test('goes by no cluster that it has left, or that refused it', async () => {
    await folder.join({ blocks: [], left: true })
    expect(await subnetOf()).toBe('172.17.0.0/16')
    await folder.join({ blocks: [], pools: [] })
    expect(await subnetOf()).toBe('172.17.0.0/16')
  })

  test('is refused where what it remembers is damaged', async () => {
    await writeFile(join(folder.path, 'cluster.json'), '{')
    await expect(planned()).rejects.toThrow(/cluster\.json is damaged/)
  })
})
