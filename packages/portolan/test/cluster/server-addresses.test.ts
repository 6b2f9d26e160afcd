import { expect, test } from '@jest/globals'
import { nodeAddresses } from '../../src/cluster/node-addresses.ts'
import { serverAddresses } from '../../src/cluster/server-addresses.ts'

const names: Readonly<Record<string, readonly string[]>> = { etcd: ['192.0.2.7', '2001:db8::7'] }

const resolve = async (name: string) => {
  const found = names[name]
  if (found === undefined) throw new Error('ENOTFOUND')
  return found.map((address) => ({ address }))
}

test('a host without a default route is reached through its interface towards etcd, by whichever name that is asked', async () => {
  const facts = {
    interfaces: [
      { name: 'eth0', up: true, addresses: ['198.51.100.3/24'] },
      { name: 'eth1', up: true, addresses: ['192.0.2.3/24', '2001:db8::3/64'] },
    ],
  }
  const through = async (endpoint: string) =>
    nodeAddresses({ facts, asked: [], announced: null, servers: await serverAddresses([endpoint], resolve) })
  for (const endpoint of ['etcd:2379', '192.0.2.7:2379', '[2001:db8::7]:2379'])
    expect(await through(endpoint)).toEqual({ ip: '192.0.2.3', ip6: '2001:db8::3' })
  expect(await through('unknown:2379')).toEqual({ ip: null, ip6: null })
})

test('what the resolver said while this process had no processor is heard', async () => {
  const found = serverAddresses(['localhost:2379'])
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500)
  expect(await found).not.toEqual([])
})
