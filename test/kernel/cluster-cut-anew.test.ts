import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { type ClusterSite, openClusterSite } from '../lab/cluster-site.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { forgetAlive } from './cluster/forget-alive.ts'

describeBeside('a pool that gets a larger block size', ['etcd'], () => {
  let site: ClusterSite
  beforeAll(async () => {
    site = await openClusterSite(2)
  })
  afterAll(() => site?.[Symbol.asyncDispose]())

  test('a network keeps its subnet where its host gets the larger block, and move gives it the larger one', async () => {
    const [one, two] = site.hosts
    if (one === undefined || two === undefined) throw new Error('there are two hosts')
    const cluster = ['--cluster', site.url] as const
    await two.must('cluster', 'init', '--pool', '10.64.0.0/24:25', ...cluster)
    await one.must('cluster', 'join', '--member', 'h1', ...cluster)
    const text = 'name: shop\nnetworks: {web: {}}\nservices: {a: {networks: [web]}}\n'
    const words = ['-f', await one.write('web.yaml', text), '--backend', 'nftables', ...cluster] as const
    await one.must('apply', ...words, '--yes')
    await forgetAlive(site, 'h1')
    await two.must('cluster', 'reclaim', '--member', 'h1', '--grace', '0', '--yes', ...cluster)
    await two.must('cluster', 'init', '--force', '--pool', '10.64.0.0/24:24', ...cluster)
    const joined = JSON.parse(await one.must('cluster', 'join', '--json', ...cluster))
    expect(joined).toMatchObject({ claimed: ['10.64.0.0/24'], moves: [] })
    const planned = JSON.parse(await one.must('plan', ...words, '--json'))
    expect(planned).toMatchObject({ subnets: [{ origin: 'held' }], conflicts: [], changes: [], notes: [] })
    expect(await one.must('cluster', 'status', ...cluster)).not.toContain('no longer belong')
    expect(planned.subnets[0].subnet).toMatch(/\/25$/)
    await one.must('move', 'web', ...words, '--yes')
    const bridges = await one.machine.mustRun(['ip', '-4', '-o', 'address', 'show', 'type', 'bridge'])
    expect(bridges).toMatch(/inet 10\.64\.0\.1\/24 /)
    expect(bridges).not.toContain('/25')
    expect(fromJson(await one.must('plan', ...words, '--json'))).toMatchObject({
      changes: [],
      conflicts: [],
    })
  })
})
