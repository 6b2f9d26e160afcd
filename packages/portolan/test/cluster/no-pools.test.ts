import { expect, test } from '@jest/globals'
import { noPools } from '../../src/cluster/no-pools.ts'

test('a cluster without pools is told with an init that names it', () => {
  const place = { cluster: 'etcd://192.0.2.1/lab', directory: '/nowhere' }
  const init =
    '`portolan cluster init --pool 10.64.0.0/12:24 --cluster etcd://192.0.2.1/lab --state /nowhere`'
  expect(noPools(place, 'lab')).toContain(init)
  const route = { destination: '10.64.2.0/24', gateway: '192.0.2.12', interface: 'eth0', table: 254 }
  const told = noPools(place, 'lab', { routes: [{ ...route, protocol: 'portolan' }] })
  expect(told).toContain(init)
  expect(told).toContain('`portolan cluster join --cluster etcd://192.0.2.1/lab --state /nowhere`')
})
