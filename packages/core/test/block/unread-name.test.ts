import { expect, test } from '@jest/globals'
import { memoryBlockStore } from '../../src/index.ts'
import { isNameUnread } from '../../src/planning.ts'
import { clusterOn } from './cluster-on.ts'

test('a record of a name that cannot be read is not taken for another machine', async () => {
  const { store, claim } = await clusterOn(memoryBlockStore(), '10.32.0.0/24:28')
  await claim('one', { lease: await store.grantLease(60) })
  expect(isNameUnread(await store.read(), { host: 'one' })).toBe(false)
  const broken = { kind: 'put', key: 'hosts/one', value: '{broken', lease: null } as const
  await store.commit({ when: [], writes: [broken] })
  expect(isNameUnread(await store.read(), { host: 'one' })).toBe(true)
  await expect(claim('one')).rejects.toMatchObject({
    code: 'CLUSTER_NAME_TAKEN',
    message: expect.stringContaining(
      'The key hosts/one of this cluster holds what this version of Portolan cannot read. So it is not known which machine is one',
    ),
  })
})
