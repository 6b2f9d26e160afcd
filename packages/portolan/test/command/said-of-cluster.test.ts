import { expect, test } from '@jest/globals'
import { BlockStoreError } from '@portolan/core'
import { openOutage } from '../../src/command/cluster/outage.ts'
import { saidOfCluster } from '../../src/command/cluster/said-of-cluster.ts'

test('what several parts of one command find of the cluster is said once, and again once all was well meanwhile', () => {
  const said: string[] = []
  const terminal = { say: (text: string) => void said.push(text) }
  for (const _part of [1, 2]) saidOfCluster(terminal).say('the state directory was lost.')
  saidOfCluster(terminal).isWell()
  saidOfCluster(terminal).say('the state directory was lost.')
  expect(said).toEqual(Array.from({ length: 2 }, () => 'portolan: the state directory was lost.'))
})

test('an outage that a plan has told is not told again by what follows the cluster, which tells its end', () => {
  const said: string[] = []
  const say = (text: string) => void said.push(text)
  const terminal = { say, sayLines: say }
  const silence = new BlockStoreError('CLUSTER_UNREACHABLE', 'does not answer.')
  expect(saidOfCluster(terminal).faults.add(silence)).toBe(true)
  const outage = openOutage(terminal, 'Routes stay.', saidOfCluster(terminal).faults)
  outage.failed(silence)
  outage.answered('routes follow.')
  expect(said).toEqual(['portolan: etcd answers again: routes follow.'])
})
