import { fromJson } from '../from-json.ts'
import type { Container } from './container.ts'
import type { Lab } from './lab.ts'
import type { Service } from './machine.ts'

/** The keys of `plan --json` that the lab reads. DESIGN fixes their names. */
export interface PlanJson {
  readonly subnets: readonly {
    readonly network: string
    readonly family: 'ip' | 'ip6'
    readonly subnet: string
    readonly gateway: string | null
  }[]
  readonly addresses: readonly {
    readonly service: string
    readonly network: string
    readonly address: string
    readonly mac: string
  }[]
  readonly conflicts: readonly {
    readonly kind: string
    readonly severity: string
    readonly certainty: string
    readonly mapping: string | null
    readonly witness: { readonly family: 'ip' | 'ip6'; readonly in?: string | null } | null
    readonly remedy?: { readonly text: string; readonly commands: readonly string[] }
  }[]
  readonly changes: readonly {
    readonly action: string
    readonly object: string
    readonly description: string
  }[]
  readonly summary: { readonly add: number; readonly change: number; readonly remove: number }
}

/** Finds the bridge of a network by the alias that Portolan gives it. */
export const bridgeOf = async (
  lab: Pick<Lab, 'host'>,
  network: string,
  project = 'shop',
): Promise<string> => {
  const links = fromJson<
    readonly {
      readonly ifname?: string
      readonly ifalias?: string
    }[]
  >(await lab.host.mustRun(['ip', '-j', 'link', 'show', 'type', 'bridge']))
  const alias = `portolan project=${project} network=${network}`
  // An internal network has one more word behind the alias.
  const found = links.find(({ ifalias }) => `${ifalias} `.startsWith(`${alias} `))
  if (found?.ifname === undefined) throw new Error(`no bridge called ${alias}: ${JSON.stringify(links)}`)
  return found.ifname
}

/** Starts the container of a service with the addresses of the plan, and plugs it into the network's bridge. */
export const attach = async (
  lab: Pick<Lab, 'host' | 'container'>,
  plan: PlanJson,
  service: string,
  options: {
    readonly services?: readonly Service[]
    readonly hairpin?: boolean
    readonly project?: string
  } = {},
): Promise<Container> => {
  const own = plan.addresses.filter((address) => address.service === service)
  const [first] = own
  if (first === undefined) throw new Error(`the plan has no address for ${service}`)
  const inFamily = (family: 'ip' | 'ip6') => {
    const subnet = plan.subnets.find((one) => one.network === first.network && one.family === family)
    const address = own.find((one) => one.address.includes(':') === (family === 'ip6'))
    if (subnet === undefined || address === undefined) return { address: undefined, gateway: null }
    return { address: `${address.address}/${subnet.subnet.split('/')[1]}`, gateway: subnet.gateway }
  }
  const [four, six] = [inFamily('ip'), inFamily('ip6')]
  return lab.container({
    name: service,
    bridge: await bridgeOf(lab, first.network, options.project),
    address: four.address,
    gateway: four.gateway,
    address6: six.address,
    gateway6: six.gateway,
    services: options.services ?? [
      { protocol: 'tcp', port: 80 },
      { protocol: 'udp', port: 80 },
    ],
    ...(options.hairpin === undefined ? {} : { hairpin: options.hairpin }),
  })
}
