import { dirname, join } from 'node:path'
import { firstPort } from '../mappings.ts'
import { findProgram, runProgram } from '../program.ts'
import { type Engine, hostPorts, publishedIn, timeOf } from './engine.ts'
import { onHost, type Place } from './place.ts'

const program = findProgram([process.env.CNI_PORTMAP, '/usr/lib/cni/portmap', '/opt/cni/bin/portmap'])

const network = { cniVersion: '1.0.0', name: 'bench' }

const bridge = {
  ...network,
  type: 'bridge',
  bridge: 'cni0',
  isGateway: true,
  ipMasq: true,
  ipam: {
    type: 'static',
    addresses: [{ address: '10.89.0.2/24', gateway: '10.89.0.1' }],
    routes: [{ dst: '0.0.0.0/0' }],
  },
}

const portmapOf = (ports: number, prevResult: unknown) => ({
  ...network,
  type: 'portmap',
  // Versions before 1.6 know no backend but iptables, and take no notice of this.
  backend: 'nftables',
  capabilities: { portMappings: true },
  runtimeConfig: {
    portMappings: hostPorts(firstPort, ports).map((hostPort) => ({
      hostPort,
      containerPort: 80,
      protocol: 'tcp',
    })),
  },
  prevResult,
})

/** One plugin, called by CNI's protocol as a runtime calls it. */
const add = (
  place: Place,
  config: { readonly type: string } & Readonly<Record<string, unknown>>,
  limitMs: number,
): string => {
  const folder = dirname(program ?? '')
  const plugin = config.type === 'portmap' ? (program ?? '') : join(folder, config.type)
  const environment = {
    CNI_COMMAND: 'ADD',
    CNI_CONTAINERID: 'bench',
    CNI_NETNS: place.container,
    CNI_IFNAME: 'eth0',
    CNI_PATH: folder,
  }
  return runProgram(onHost(place, [plugin]), JSON.stringify(config), environment, limitMs)
}

/** The time is that of portmap alone: `bridge`, which makes bridge, veth pair and addresses, has run before it. */
export const portmap: Engine = {
  name: 'CNI portmap',
  absent: program === null ? 'not installed (CNI_PORTMAP=PATH says where)' : null,
  publish: async (place, ports, limitMs) => {
    const config = portmapOf(ports, JSON.parse(add(place, bridge, limitMs)))
    return publishedIn(
      place,
      timeOf(() => add(place, config, limitMs)),
    )
  },
}
