import { dirname } from 'node:path'
import type { Work } from '../measure.ts'
import { findProgram, runProgram } from '../program.ts'
import { containerNamespace, freshHost, onFreshHost } from './fresh-host.ts'

export const portmap: string | null = findProgram([
  process.env.CNI_PORTMAP,
  '/usr/lib/cni/portmap',
  '/opt/cni/bin/portmap',
])

/** What a runtime hands it for one container with so many published ports. */
const request = (ports: number): string =>
  JSON.stringify({
    cniVersion: '1.0.0',
    name: 'bench',
    type: 'portmap',
    // Versions before 1.6 know no backend but iptables, and take no notice of this.
    backend: 'nftables',
    capabilities: { portMappings: true },
    runtimeConfig: {
      portMappings: Array.from({ length: ports }, (_, at) => ({
        hostPort: 10_000 + at,
        containerPort: 80,
        protocol: 'tcp',
      })),
    },
    prevResult: {
      cniVersion: '1.0.0',
      interfaces: [{ name: 'cni0' }, { name: 'eth0', sandbox: containerNamespace }],
      ips: [{ address: '10.89.0.2/24', gateway: '10.89.0.1', interface: 1 }],
    },
  })

export const portmapWork = (program: string, ports: number): Work => {
  const input = request(ports)
  return {
    before: () => {
      freshHost()
      const bridge = ['link add cni0 type bridge', 'addr add 10.89.0.1/24 dev cni0', 'link set cni0 up']
      runProgram(['ip', '-n', 'peer-host', '-batch', '-'], `${bridge.join('\n')}\n`)
    },
    run: () =>
      runProgram([...onFreshHost, program], input, {
        CNI_COMMAND: 'ADD',
        CNI_CONTAINERID: 'bench',
        CNI_NETNS: containerNamespace,
        CNI_IFNAME: 'eth0',
        CNI_PATH: dirname(program),
      }),
  }
}
