import { type Family, families, familyOf } from '@portolan/netfilter'
import type { LiveHost } from 'portolan'
import type { ContainerCall } from './read-input.ts'
import type { PortFamilies } from './wanted-ports.ts'

/**
 * The families of a network that Podman describes, and those in which the container's ports lead to it by another of its
 * networks.
 */
export const familiesOnCall = (
  host: LiveHost,
  { container_id: id, network }: ContainerCall,
): PortFamilies => {
  const subnets = (network.subnets ?? []).map(({ subnet }) => subnet)
  return {
    possible: new Set(subnets.map((subnet) => (subnet.includes(':') ? 'ip6' : 'ip'))),
    served: servedBy(host, id, network.name),
  }
}

/** The same of a network that is there. */
export const familiesOnNetwork = (host: LiveHost, id: string, name: string): PortFamilies => {
  const network = host.networks().find((one) => one.name === name)
  return {
    possible: new Set(families.filter((family) => network != null && network[family] !== null)),
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
