import type { DesiredMapping, DesiredState } from '@portolan/core'

/** The first published host port. */
export const firstPort = 10_000

/** The destination of every mapping, inside the network of `desiredOf`. */
export const target = { address: '172.17.0.10', port: 80 } as const

const mappingOf = (hostPort: number, address: string, network = 'default'): DesiredMapping => ({
  label: `0.0.0.0:${hostPort}/tcp -> web:80`,
  family: 'ip',
  protocol: 'tcp',
  kind: 'nat',
  hostAddress: null,
  hostPort,
  interface: null,
  allowFrom: null,
  targets: [{ service: 'web', replica: 1, network, ...target, address, weight: 1 }],
})

/** A desired state with one network and so many host ports. They lead to one container, or (apart) each to its own. */
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

/** A desired state with so many networks of so many host ports. Each port leads to a container of its own. */
export const desiredOfNetworks = (count: number, ports: number): DesiredState => {
  const [usual] = desiredOf(0).networks
  if (usual?.ip == null) throw new Error('the usual network has no subnet')
  const { ip } = usual
  const networks = Array.from({ length: count }, (_, at) => ({
    ...usual,
    name: `net${at}`,
    bridge: `ptl-bench${at}`,
    ip: { ...ip, subnet: `172.17.${at}.0/24`, gateway: `172.17.${at}.1` },
  }))
  return {
    ...desiredOf(0),
    networks,
    mappings: networks.flatMap(({ name }, at) =>
      Array.from({ length: ports }, (_, one) =>
        mappingOf(firstPort + at * ports + one, `172.17.${at}.${one + 2}`, name),
      ),
    ),
  }
}
