import { expect, test } from '@jest/globals'
import type { PublishedPort } from '@portolan/core'
import { portAt, portsByNumber } from '../../../src/live/wanted/ports-by-number.ts'

const base: PublishedPort = {
  project: 'shop',
  label: '0.0.0.0:8080/tcp -> web:80',
  family: 'ip',
  protocol: 'tcp',
  hostAddress: null,
  hostPort: 8080,
  interface: null,
  targets: [{ address: '172.17.0.10', port: 80 }],
}
const alike: readonly PublishedPort[] = [
  base,
  { ...base, family: 'ip6' },
  { ...base, protocol: 'udp' },
  { ...base, hostAddress: '127.0.0.1' },
  { ...base, interface: 'eth0' },
]
const ports = portsByNumber([...alike, { ...base, hostPort: 8081 }])

test.each(alike)('a port of a number that several have is found by the rest of its socket: %j', (port) => {
  expect(portAt(ports, port)).toBe(port)
})

test('a socket that no port has is free, though others have its number', () => {
  expect(portAt(ports, { ...base, hostAddress: '192.0.2.2' })).toBeNull()
  expect(portAt(ports, { ...base, protocol: 'sctp' })).toBeNull()
  expect(portAt(ports, { ...base, hostPort: 8082 })).toBeNull()
})
