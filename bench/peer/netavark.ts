import { mkdtempSync } from 'node:fs'
import { firstPort } from '../mappings.ts'
import { findProgram, runProgram } from '../program.ts'
import { type Engine, hostPorts, publishedIn, timeOf } from './engine.ts'
import { onHost } from './place.ts'

const program = findProgram([
  process.env.NETAVARK,
  '/usr/lib/podman/netavark',
  '/usr/libexec/podman/netavark',
])

/** The request that podman sends for one container with so many published ports. */
const request = (ports: number): string =>
  JSON.stringify({
    container_id: 'c'.repeat(64),
    container_name: 'bench',
    port_mappings: hostPorts(firstPort, ports).map((port) => ({
      container_port: 80,
      host_port: port,
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

/** Podman's network program. It makes bridge, veth pair, addresses and rules of one container. */
export const netavark = (firewall: 'nftables' | 'iptables'): Engine => ({
  name: `netavark, ${firewall}`,
  absent: program === null ? 'not installed (NETAVARK=PATH says where)' : null,
  publish: async (place, ports, limitMs) => {
    const input = request(ports)
    const words = [program ?? '', '--config', mkdtempSync('/run/netavark-'), 'setup', place.container]
    const environment = { NETAVARK_FW: firewall }
    const setUp = () => runProgram(onHost(place, words), input, environment, limitMs)
    return publishedIn(place, timeOf(setUp))
  },
})
