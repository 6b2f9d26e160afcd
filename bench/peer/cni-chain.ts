import { dirname, join } from 'node:path'
import { firstPort } from '../mappings.ts'
import { findProgram, runProgram } from '../program.ts'
import { hostPorts } from './engine.ts'
import { onHost, type Place } from './place.ts'

/** The path of portmap. The other plugins are in the same folder. */
export const portmapProgram: string | null = findProgram([
  process.env.CNI_PORTMAP,
  '/usr/lib/cni/portmap',
  '/opt/cni/bin/portmap',
])

const network = { cniVersion: '1.0.0', name: 'bench' }

export type CniConfig = { readonly type: string } & Readonly<Record<string, unknown>>

/** The first plugin of the list, which makes bridge, veth pair and addresses. */
export const chainBridge: CniConfig = {
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

/** The configuration of a plugin behind `bridge`, with so many ports of the container. */
export const behindBridge = (type: string, ports: number, prevResult: unknown): CniConfig => ({
  ...network,
  type,
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

/** Calls one plugin by CNI's protocol, as a container runtime does. */
export const callCni = (
  place: Place,
  verb: 'ADD' | 'DEL',
  config: CniConfig,
  { program, limitMs }: { readonly program?: readonly string[]; readonly limitMs?: number } = {},
): string => {
  const folder = dirname(portmapProgram ?? '')
  const environment = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: 'bench',
    CNI_NETNS: place.container,
    CNI_IFNAME: 'eth0',
    CNI_PATH: folder,
  }
  const words = onHost(place, program ?? [join(folder, config.type)])
  return runProgram(words, JSON.stringify(config), environment, limitMs)
}
