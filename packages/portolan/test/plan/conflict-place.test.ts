import { expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { conflictPlace } from '../../src/plan/conflict-place.ts'
import { forwards, intentOf, planOf } from '../shop.ts'

const intent = intentOf(`services:
  web:
    networks: [front]
    ports:
      - "127.0.0.1:8080:80"
      - "8080-8082:80-82"
  dns:
    networks: [front]
    ports: ["53:53/udp"]
networks:
  front:
    ipam: {config: [{subnet: 10.9.0.0/24}]}
`)

const socket = (protocol: 'tcp' | 'udp', port: number, address = '0.0.0.0') => ({
  ...{ protocol, port, address, process: 'other' },
})

/** Each conflict with the line of the file that names its subject. */
const lines = (facts: HostFacts): readonly string[] =>
  planOf({ intent, facts: { ...forwards, ...facts } })
    .conflicts.map((conflict) => `${conflict.kind} ${conflictPlace(conflict, intent)?.line ?? 'nowhere'}`)
    // The file has port 8080 twice.
    .filter((text) => text !== 'OverlappingHostPort 5')

test('a conflict of a port is placed where the file names the port', () => {
  expect(lines({ sockets: [socket('tcp', 8081)] })).toEqual(['HostPortTaken 6'])
  expect(lines({ sockets: [socket('tcp', 8080, '127.0.0.1')] })).toContain('HostPortTaken 5')
  expect(lines({ sockets: [socket('udp', 53)] })).toEqual(['HostPortTaken 9'])
})

test('a conflict of a network is placed at the network, and one of the host nowhere', () => {
  expect(lines({ routes: [{ destination: '10.0.0.0/8', interface: 'wg0' }] })).toContain('SubnetOverlap 11')
  expect(lines({ sysctls: { 'net.ipv4.ip_forward': '0' } })).toEqual(['HostBecomesRouter nowhere'])
})
