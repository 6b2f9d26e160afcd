import { expect, test } from '@jest/globals'
import { wantedPorts } from '../src/netavark/wanted-ports.ts'

const portsOf = (...ports: Parameters<typeof wantedPorts>[0]['port_mappings'] & object) =>
  wantedPorts(
    {
      container_id: '0a1b',
      port_mappings: ports,
      network: { name: 'web' },
      network_options: { interface_name: 'eth0' },
    },
    'pod@eth0',
  )

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
