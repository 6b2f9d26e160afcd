import { fromJson } from '../../from-json.ts'
import type { Lab } from '../../lab/lab.ts'
import { libraryLoader } from '../../lab/library/library.ts'
import type { ForeignContainer, ForeignContainerOptions } from '../../lab/neighbour/foreign-container.ts'
import type { Podman } from '../../lab/neighbour/podman.ts'
import { printedBy } from '../../lab/run.ts'

export type Json = Readonly<Record<string, unknown>>

export interface Subnet {
  readonly subnet: string
  readonly gateway: string
}

/** Runs `podman network create --driver portolan`, and returns what Podman stored. */
export const createNetwork = async (
  podman: Podman,
  name: string,
  ...options: readonly string[]
): Promise<Json & { readonly subnets: readonly Subnet[] }> => {
  await podman.createNetwork(name, '--driver=portolan', ...options)
  const [network] = fromJson<
    readonly (Json & {
      readonly subnets: readonly Subnet[]
    })[]
  >(await podman.command('network', 'inspect', name))
  if (network === undefined) throw new Error(`${name} was not created`)
  return network
}

export const services: NonNullable<ForeignContainerOptions['services']> = [
  { protocol: 'tcp', port: 80 },
  { protocol: 'tcp', port: 81 },
  { protocol: 'udp', port: 53 },
  { protocol: 'sctp', port: 100 },
]

/** Runs a container on a network of the plugin. */
export const runContainer = (
  podman: Podman,
  name: string,
  network: string,
  more: Partial<ForeignContainerOptions> = {},
): Promise<ForeignContainer> => podman.run({ name, network, services, ...more })

/** The interfaces (by alias) and rules of the plugin on the host. */
export const leftOn = (lab: Lab): Promise<string> =>
  lab.host.mustRun([
    'sh',
    '-c',
    'ip -d link show | grep -F "portolan" || true; nft list tables | grep -F portolan || true',
  ])

const listLeases = `
  import { core, portolan } from '${libraryLoader}'
  const store = portolan.openLeaseStore('/var/lib/portolan')
  for (const lease of core.listLeases(await store.read())) console.log(JSON.stringify(lease))
  await store.close()`

/** The leases of plugins on the host, one a line. */
export const leasedOn = async (lab: Lab): Promise<string> => {
  const argv = [process.execPath, '--input-type=module', '--eval', listLeases]
  return printedBy(argv, {}, await (lab.modules.run(listLeases) ?? lab.host.run(argv)))
}
