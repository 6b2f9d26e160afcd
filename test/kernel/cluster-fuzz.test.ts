import { expect, test } from '@jest/globals'
import { openClusterLab } from '../lab/cluster/cluster-lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { runFuzz } from './cluster/fuzz.ts'

const givenOperations = process.env.PORTOLAN_CLUSTER_OPERATIONS
const operations = Number(givenOperations ?? 200)

describeBeside('a cluster of five hosts on three servers of etcd', ['etcd'], () => {
  test('during random operations and faults, no block has two owners at any revision, and no address is on two hosts', async () => {
    await using lab = await openClusterLab(5)
    const say =
      givenOperations === undefined ? () => {} : (line: string) => void process.stderr.write(`${line}\n`)
    const { claimed, released, expired, faults } = await runFuzz(lab, operations, say)
    expect(faults).toEqual([])
    // Without these changes of owner the test would find nothing.
    expect(claimed).toBeGreaterThan(operations / 10)
    expect(released).toBeGreaterThan(operations / 20)
    expect(expired).toBeGreaterThan(operations / 100)
  }, 7_200_000)
})
