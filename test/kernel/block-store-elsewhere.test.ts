import { afterAll, beforeAll } from '@jest/globals'
import type { BlockStore } from '@portolan/core'
import { openEtcdStore } from '@portolan/etcd'
import { testAsFlannel } from '../../packages/core/test/block/as-flannel.ts'
import { testAsWeave } from '../../packages/core/test/block/as-weave.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type Etcd, patient, startEtcd } from '../lab/neighbour/etcd.ts'

let server: Etcd | null = null
const stores: BlockStore[] = []

/** Opens a store of a new cluster for each test. */
const open = async (): Promise<BlockStore> => {
  if (server === null) throw new Error('etcd has not been started')
  const store = openEtcdStore({
    cluster: `cluster-${stores.length}`,
    endpoints: [server.endpoint],
    ...patient,
  })
  stores.push(store)
  return store
}

const onEtcd = (): void => {
  beforeAll(async () => {
    server = await startEtcd()
  })
  afterAll(async () => {
    for (const store of stores.splice(0)) await store.close()
    await server?.[Symbol.asyncDispose]()
  })
}

describeBeside('the scenarios of Flannel, on etcd', ['etcd'], () => {
  onEtcd()
  testAsFlannel(open)
})

describeBeside('the scenarios of Weave, on etcd', ['etcd'], () => {
  onEtcd()
  testAsWeave(open, 40)
})
