import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { type BlockStore, emptyLeases, memoryBlockStore, runBlockSteps, setUpCluster } from '@portolan/core'
import { readNeighbours } from '@portolan/host'
import { joinCluster } from '../../src/cluster/join-cluster.ts'
import { tellAndRemember } from '../../src/cluster/remember-neighbours.ts'
import { thisMember } from '../../src/cluster/this-member.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-requests-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A store that records its requests. */
const noting = (store: BlockStore): BlockStore & { readonly take: () => readonly string[] } => {
  let asked: string[] = []
  const noted =
    <Given extends readonly unknown[], Result>(name: string, work: (...given: Given) => Promise<Result>) =>
    (...given: Given): Promise<Result> => {
      asked.push(name)
      return work(...given)
    }
  const take = (): readonly string[] => {
    const before = asked
    asked = []
    return before
  }
  return {
    ...store,
    read: noted('list', store.read),
    commit: noted('transaction', store.commit),
    grantLease: noted('lease', store.grantLease),
    take,
  }
}

const facts = {
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.11/24'] }],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
}

test('a join asks etcd for no more than the rules do: the keys are listed once, or around its write', async () => {
  const store = noting(memoryBlockStore())
  await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24']))
  const joinAs = async (host: string) => {
    store.take()
    const directory = join(folder, host)
    const member = await thisMember(directory, 'prod', host)
    const lease = await store.grantLease(60)
    const joined = await joinCluster(store, directory, member, { leases: emptyLeases, facts }, { lease })
    const cluster = { name: 'prod', store, endpoints: [] }
    await tellAndRemember(cluster, directory, joined.member, facts, [], joined.seen)
    return store.take()
  }
  expect(await joinAs('web-1')).toEqual(['lease', 'list', 'transaction', 'transaction'])
  expect(await joinAs('web-2')).toEqual(['lease', 'list', 'transaction', 'transaction'])
  expect(await joinAs('web-1')).toEqual(['lease', 'list', 'transaction', 'list'])
  // What it goes by afterwards is what it saw.
  expect((await readNeighbours(join(folder, 'web-1')))?.others).toMatchObject([
    { host: 'web-2', via: '192.0.2.11' },
  ])
  expect((await readNeighbours(join(folder, 'web-2')))?.others).toMatchObject([{ host: 'web-1' }])
  expect((await readNeighbours(join(folder, 'web-2')))?.blocks).toHaveLength(1)
})
