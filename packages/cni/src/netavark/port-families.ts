import { type Family, families, familyOf } from '@portolan/netfilter'
import type { LiveHost } from 'portolan'
import type { PortFamilies } from './wanted-ports.ts'

/**
 * The families of an existing network, and the families in which ports already lead to the container by another of its
 * networks.
 * @param id - the id of the container
 */
export const familiesOnNetwork = (host: LiveHost, id: string, name: string): PortFamilies => {
  const network = host.networks().find((one) => one.name === name)
  return {
    possible: new Set(families.filter((family) => network !== undefined && network[family] !== null)),
    served: servedBy(host, id, name),
  }
}

const servedBy = (host: LiveHost, id: string, except: string): ReadonlySet<Family> => {
  const others = new Set(
    host
      .endpoints()
      .filter((one) => one.service.startsWith(`${id.slice(0, 12)}@`) && one.network !== except)
      .flatMap(({ ip, ip6 }) => [ip, ip6]),
  )
  const addresses = host.published().flatMap(({ targets }) => targets.map(({ address }) => address))
  return new Set(addresses.filter((address) => others.has(address)).flatMap((one) => familyOf(one) ?? []))
}
