import { expect, test } from '@jest/globals'
import { openEtcdKey, openEtcdStore } from '../src/index.ts'

test.each([
  ...['192.0.2.1:2379', 'etcd-1.example:2379', '[2001:db8::1]:2379'],
  ...['[fe80::1%eth0]:2379', 'etcd.b\u00fccher.example:2379', '1.etcd.example:2379'],
  ...['unix:/run/etcd.sock', 'unix:///run/etcd.sock', 'unix:etcd.sock'],
])('%s is an endpoint', async (endpoint) => {
  await openEtcdStore({ cluster: 'prod', endpoints: [endpoint] }).close()
})

test.each([
  ...[
    '192.0.2.1',
    'etcd.example',
    'http://192.0.2.1:2379',
    '2001:db8::1',
    '192.0.2.1:99999',
    '192.0.2.1:0',
    '',
  ],
  ...['999.1.1.1:2379', '1.2.3:2379', '[:::]:2379', '[192.0.2.1]:2379', 'dns:etcd.example:2379'],
  ...['unix:', 'unix:/run/', 'unix://run/etcd.sock', 'unix-abstract:etcd'],
])('%j is told to be none before a server is asked', (endpoint) => {
  const endpoints = ['192.0.2.1:2379', endpoint]
  for (const open of [
    () => openEtcdStore({ cluster: 'prod', endpoints }),
    () => openEtcdKey({ key: '/prod/shop', endpoints }),
  ])
    expect(open).toThrow(`endpoints has ${JSON.stringify(endpoint)}, which is no endpoint of etcd`)
})

test('no endpoint is no server', () => {
  expect(() => openEtcdStore({ cluster: 'prod', endpoints: [] })).toThrow('endpoints names no server of etcd')
})
