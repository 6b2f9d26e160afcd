import type { Backend } from '../../lab/backend.ts'
import type { Container } from '../../lab/container.ts'
import type { Lab } from '../../lab/lab.ts'
import { inHost, inKeptProcess } from '../lifecycle/in-host.ts'

/** An endpoint as `lease` returns it, with its network. */
export interface Leased {
  readonly name: string
  readonly ip: string | null
  readonly ip6: string | null
  readonly mac: string
  readonly bridge: string
  readonly network: Readonly<
    Record<'ip' | 'ip6', { readonly subnet: string; readonly gateway: string | null } | null> & {
      name: string
    }
  >
}

/** Runs a module as `inHost` does, in its own process. `host` is the open project `shop`. */
export const inShop = (
  lab: Lab,
  backend: Backend,
  code: string,
  options: { readonly timeoutMs?: number } = {},
): Promise<unknown> => inHost(lab, backend, withShop(code), options)

/** The same in the resident process, for small steps of a test. Each module closes its host. */
export const inShopAgain = (lab: Lab, backend: Backend, code: string): Promise<unknown> =>
  inKeptProcess(lab, backend, withShop(code))

const withShop = (code: string): string =>
  `const host = await open({ project: 'shop' })
   const leased = async (network, name, options) => {
     const { ip, ip6, mac } = await host.lease(network, name, options)
     const of = host.networks().find((one) => one.name === network)
     return { name, ip, ip6, mac, bridge: of.bridge, network: of }
   }
   ${code}
   await host.close()`

/** Starts a container with its leased addresses, as an engine would. */
export const contain = (lab: Lab, leased: Leased): Promise<Container> => {
  const addressIn = (family: 'ip' | 'ip6'): string | undefined => {
    const subnet = leased.network[family]
    return subnet === null ? undefined : `${leased[family]}/${subnet.subnet.split('/')[1]}`
  }
  return lab.container({
    name: leased.name,
    bridge: leased.bridge,
    hairpin: true,
    address: addressIn('ip'),
    gateway: leased.network.ip?.gateway,
    address6: addressIn('ip6'),
    gateway6: leased.network.ip6?.gateway,
    services: [
      { protocol: 'tcp', port: 80 },
      { protocol: 'tcp', port: 81 },
      { protocol: 'udp', port: 53 },
    ],
  })
}
