import { expect, test } from '@jest/globals'
import { listenersOn } from '../../src/explain/listeners.ts'

const sockets = [
  { protocol: 'tcp', address: '0.0.0.0', port: 80, process: 'nginx' },
  { protocol: 'tcp', address: '127.0.0.1', port: 81, process: 'redis' },
  { protocol: 'tcp', address: '::', port: 82, process: 'caddy' },
  { protocol: 'tcp', address: '::', port: 83, process: 'six', v6only: true },
  { protocol: 'udp', address: '0.0.0.0', port: 80 },
] as const

test.each([
  ['a wildcard takes every address of its family', 'tcp', '192.0.2.2', 80, ['nginx']],
  ['a wildcard takes none of the other family', 'tcp', '2001:db8::1', 80, []],
  ['one address takes no other', 'tcp', '192.0.2.2', 81, []],
  ['one address takes itself', 'tcp', '127.0.0.1', 81, ['redis']],
  ['a dual-stack wildcard takes IPv4 too', 'tcp', '192.0.2.2', 82, ['caddy']],
  ['an IPv6-only one does not', 'tcp', '192.0.2.2', 83, []],
  ['a socket whose program is not known still listens', 'UDP', '192.0.2.2', 80, ['a process']],
] as const)('%s', (_, protocol, address, port, expected) => {
  expect(listenersOn(sockets, protocol, address, port)).toEqual(expected)
})
