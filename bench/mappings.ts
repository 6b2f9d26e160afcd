import type { DesiredMapping, DesiredState } from '@portolan/core'

/** The first host port of those that are mapped. */
export const firstPort = 10_000

/** The address every mapping leads to; the network of `desiredOf` has it. */
export const target = { address: '172.17.0.10', port: 80 } as const

const mappingOf = (hostPort: number, address: string): DesiredMapping => ({
  label: `0.0.0.0:${hostPort}/tcp -> web:80`,
  family: 'ip',
  protocol: 'tcp',
  kind: 'nat',
  hostAddress: null,
  hostPort,
  interface: null,
  allowFrom: null,
  targets: [{ service: 'web', replica: 1, network: 'default', ...target, address, weight: 1 }],
})

/** One network, and so many host ports that lead to one container of it, or each to one of its own. */
export const desiredOf = (ports: number, apart = false): DesiredState => ({
  project: 'bench',
  networks: [
    {
      name: 'default',
      bridge: 'ptl-bench',
      external: false,
      internal: false,
      icc: true,
      mtu: null,
      ip: { subnet: '172.17.0.0/16', gateway: '172.17.42.1', mode: 'nat', masquerade: true },
      ip6: null,
    },
  ],
  endpoints: [],
  mappings: Array.from({ length: ports }, (_, at) =>
    mappingOf(firstPort + at, apart ? `172.17.${(at >> 7) + 1}.${(at & 127) + 2}` : target.address),
  ),
  guardForwarding: false,
})
