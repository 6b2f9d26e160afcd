import { expect, test } from '@jest/globals'
import { readInside } from '../../src/namespace/inside-state.ts'

const address = JSON.stringify([
  { ifname: 'lo', flags: ['UP'], addr_info: [{ local: '127.0.0.1', prefixlen: 8 }] },
  { ifname: 'eth8', flags: [], addr_info: [{ local: '172.17.0.8', prefixlen: 16 }] },
  {
    ifname: 'eth0',
    address: '02:42:ac:11:00:01',
    addr_info: [
      { local: '172.17.0.1', prefixlen: 16 },
      { local: 'FD00:0::1', prefixlen: 64 },
      { local: 'fe80::1', prefixlen: 64 },
    ],
  },
])

test('what ip prints of an interface and of default routes is read, a list a line', () => {
  const routes = JSON.stringify([{ dst: 'default', gateway: '172.17.42.1', dev: 'eth0' }])
  const routes6 = JSON.stringify([
    { dst: 'default', gateway: 'fd00::1', dev: 'eth0', metric: 1024 },
    { dst: 'default', metric: 2000, nexthops: [{ dev: 'eth1', gateway: 'fd01::1' }, { dev: 'eth2' }] },
  ])
  const within = JSON.stringify([
    { dst: '172.17.0.0/16', dev: 'eth0' },
    { dst: '172.17.4.0/24', dev: 'eth1' },
    { dst: '172.17.0.9', nexthops: [{ dev: 'eth1' }, { dev: 'eth2' }] },
    { type: 'blackhole', dst: '172.17.5.0/24' },
  ])
  const within6 = JSON.stringify([{ type: 'blackhole', dst: 'fd00::/80', dev: 'lo' }])
  expect(
    readInside(`${address}\n\n${routes} \n${within}\n${routes6}\n${within6}`, 'eth0', { within4: true }),
  ).toEqual({
    mac: '02:42:ac:11:00:01',
    addresses: ['172.17.0.1/16', 'fd00::1/64', 'fe80::1/64'],
    defaultRoutes: [
      { family: 'ip', interface: 'eth0', gateway: '172.17.42.1', metric: 0 },
      { family: 'ip6', interface: 'eth0', gateway: 'fd00::1', metric: 1024 },
      { family: 'ip6', interface: 'eth1', gateway: 'fd01::1', metric: 2000 },
      { family: 'ip6', interface: 'eth2', gateway: null, metric: 2000 },
    ],
    // Not of an interface that is down.
    otherWays: [
      { kind: 'address', interface: 'lo', text: '127.0.0.1/8' },
      { kind: 'route', interface: 'eth1', text: '172.17.4.0/24' },
      { kind: 'route', interface: 'eth1', text: '172.17.0.9/32' },
      { kind: 'route', interface: null, text: '172.17.5.0/24' },
      { kind: 'route', interface: null, text: 'fd00::/80' },
    ],
  })
})

test('no address and no route are read as none', () => {
  expect(readInside('[{}]\n[]\n[ ]\n', 'eth0', { within4: false })).toEqual({
    mac: '',
    addresses: [],
    defaultRoutes: [],
    otherWays: [],
  })
})

test('what is not JSON is an error that says what may be the cause', () => {
  expect(() => readInside('2: eth0: <UP>\n', 'eth0', { within4: false })).toThrow(/iproute2 older than 4\.14/)
})
