import { mkdtempSync } from 'node:fs'
import type { Work } from '../measure.ts'
import { findProgram, runProgram } from '../program.ts'
import { containerNamespace, freshHost, onFreshHost } from './fresh-host.ts'

export const netavark: string | null = findProgram([
  process.env.NETAVARK,
  '/usr/lib/podman/netavark',
  '/usr/libexec/podman/netavark',
])

/** What podman hands it for one container with so many published ports. */
const request = (ports: number): string =>
  JSON.stringify({
    container_id: 'c'.repeat(64),
    container_name: 'bench',
    port_mappings: Array.from({ length: ports }, (_, at) => ({
      container_port: 80,
      host_port: 10_000 + at,
      host_ip: '',
      protocol: 'tcp',
      range: 1,
    })),
    networks: { bench: { static_ips: ['10.89.0.2'], interface_name: 'eth0' } },
    network_info: {
      bench: {
        name: 'bench',
        id: '0'.repeat(64),
        driver: 'bridge',
        network_interface: 'nv0',
        subnets: [{ subnet: '10.89.0.0/24', gateway: '10.89.0.1' }],
        ipv6_enabled: false,
        internal: false,
        dns_enabled: false,
        ipam_options: { driver: 'host-local' },
      },
    },
  })

export const netavarkWork = (program: string, ports: number): Work => {
  const input = request(ports)
  let config = ''
  return {
    before: () => {
      freshHost()
      config = mkdtempSync('/run/netavark-')
    },
    run: () =>
      runProgram([...onFreshHost, program, '--config', config, 'setup', containerNamespace], input, {
        NETAVARK_FW: 'nftables',
      }),
  }
}
