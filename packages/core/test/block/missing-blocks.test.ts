import { expect, test } from '@jest/globals'
import { memoryBlockStore } from '../../src/index.ts'
import { clusterOn } from './cluster-on.ts'

const said = async (...pools: readonly string[]): Promise<string> => {
  const cluster = await clusterOn(memoryBlockStore(), ...pools)
  await cluster.claim('one')
  return cluster.claim('two').then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : ''),
  )
}

test('where blocks of both families lack, one command names the pools that are there and a new one of each', async () => {
  const text = await said('10.64.0.0/24:24', 'fd64::/64:64')
  const commands = [...text.matchAll(/`(portolan cluster init [^`]+)`/g)].map(([, command]) => command)
  const command =
    'portolan cluster init --pool 10.64.0.0/24:24 --pool fd64::/64:64 --pool NEW-IPv4 --pool NEW-IPv6'
  expect([...new Set(commands)]).toEqual([command])
  expect(text).toContain('with new ones for NEW-IPv4 and NEW-IPv6')
})

test('where those of one family lack, it has a place for one', async () => {
  expect(await said('10.64.0.0/24:24')).toContain(
    '`portolan cluster init --pool 10.64.0.0/24:24 --pool NEW`, with the new one for NEW',
  )
})
