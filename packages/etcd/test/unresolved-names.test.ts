import { expect, test } from '@jest/globals'
import { openEtcdStore } from '../src/index.ts'
import { unresolvedNames } from '../src/unresolved-names.ts'

/** A label is too long (RFC 1035, 2.3.4). So no nameserver is asked, which might not answer. */
const name = `${'x'.repeat(64)}.invalid`

test('a server whose name cannot be resolved is told so, and not as one that does not answer in time', async () => {
  const store = openEtcdStore({ cluster: 'prod', endpoints: [`${name}:2379`], timeoutMs: 500 })
  await expect(store.read()).rejects.toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
    message: expect.stringMatching(
      /the name x{64}\.invalid cannot be resolved \(DNS: [a-z ]+ \(E\w+\)\)\. .*Correct the name in the URL of the cluster/,
    ),
  })
  await store.close()
})

test('beside one that does not answer, both are told', async () => {
  const endpoints = [`${name}:2379`, '127.0.0.1:1']
  const store = openEtcdStore({ cluster: 'prod', endpoints, timeoutMs: 500 })
  await expect(store.read()).rejects.toThrow(/x{64}\.invalid cannot be resolved .*no other server answers/)
  await store.close()
})

test('what the resolver said while this process had no processor is told, and not that nothing answers', async () => {
  const found = unresolvedNames([`${name}:2379`])
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500)
  expect(await found).toEqual([{ name, why: expect.stringMatching(/^[a-z ]+ \(E\w+\)$/) }])
})

test('a socket file has no name that could be resolved', async () => {
  const store = openEtcdStore({ cluster: 'prod', endpoints: ['unix:/no/such/socket'], timeoutMs: 500 })
  const told = await store.read().catch((error: unknown) => String(error))
  await store.close()
  expect(told).toMatch(/etcd at unix:\/no\/such\/socket does not answer: /)
  expect(told).not.toMatch(/DNS|nameservers/)
})
