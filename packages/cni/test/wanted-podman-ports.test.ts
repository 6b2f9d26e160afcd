import { expect, test } from '@jest/globals'
import type { Family } from '@portolan/netfilter'
import { type PortFamilies, portsWithoutWay, wantedPorts } from '../src/netavark/wanted-ports.ts'

type Ports = Parameters<typeof wantedPorts>[0]['port_mappings'] & object

const callWith = (ports: Ports): Parameters<typeof wantedPorts>[0] => ({
  container_id: '0a1b',
  port_mappings: ports,
  network: { name: 'web' },
  network_options: { interface_name: 'eth0' },
})

const on = (possible: readonly Family[], served: readonly Family[] = []): PortFamilies => ({
  possible: new Set(possible),
  served: new Set(served),
})

const portsOf = (...ports: Ports) => wantedPorts(callWith(ports), 'pod@eth0', on(['ip', 'ip6']))

const to = (port: number | string) => ({ endpoint: 'pod@eth0', network: 'web', port })

test('a port, a range, and several protocols at once', () => {
  expect(portsOf({ host_port: 8080, container_port: 80 })).toEqual([
    { hostPort: 8080, protocol: 'tcp', to: to(80) },
  ])
  expect(
    portsOf({ host_port: 8000, container_port: 80, range: 3, host_ip: '192.0.2.2', protocol: 'udp' }),
  ).toEqual([{ hostPort: '8000-8002', protocol: 'udp', hostAddress: '192.0.2.2', to: to('80-82') }])
  expect(portsOf({ host_port: 53, container_port: 53, protocol: 'tcp,udp' })).toEqual([
    { hostPort: 53, protocol: 'tcp', to: to(53) },
    { hostPort: 53, protocol: 'udp', to: to(53) },
  ])
})

test('each network gets the ports of the families that no other network of the container serves', () => {
  const ports = [
    { host_port: 1, container_port: 80 },
    { host_port: 2, container_port: 80, host_ip: '192.0.2.2' },
    { host_port: 3, container_port: 80, host_ip: '2001:db8::2' },
  ]
  const addressesOn = (families: PortFamilies) =>
    wantedPorts(callWith(ports), 'pod@eth0', families).map(
      ({ hostPort, hostAddress }) => `${hostPort} ${hostAddress ?? 'every'}`,
    )
  expect(addressesOn(on(['ip', 'ip6']))).toEqual(['1 every', '2 192.0.2.2', '3 2001:db8::2'])
  expect(addressesOn(on(['ip']))).toEqual(['1 every', '2 192.0.2.2'])
  expect(addressesOn(on(['ip6']))).toEqual(['1 every', '3 2001:db8::2'])
  expect(addressesOn(on(['ip', 'ip6'], ['ip']))).toEqual(['1 ::', '3 2001:db8::2'])
  expect(addressesOn(on(['ip', 'ip6'], ['ip6']))).toEqual(['1 0.0.0.0', '2 192.0.2.2'])
  expect(addressesOn(on(['ip'], ['ip']))).toEqual([])
  const without = (families: PortFamilies) =>
    portsWithoutWay(callWith(ports), families).map(({ host_port: port }) => port)
  expect(without(on(['ip', 'ip6']))).toEqual([])
  expect(without(on(['ip']))).toEqual([3])
  expect(without(on(['ip'], ['ip6']))).toEqual([])
})
