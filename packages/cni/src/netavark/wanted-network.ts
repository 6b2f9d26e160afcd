import type { NetworkOptions } from 'portolan'
import type { DriverOptions } from './driver-options.ts'
import type { PodmanNetwork } from './read-input.ts'

/** The network that Podman's file describes. All options are given, so that a changed file changes the network. */
export const wantedNetwork = (
  { subnets, network_interface: bridge, internal = false }: PodmanNetwork,
  { mtu, icc, masquerade }: DriverOptions,
): NetworkOptions => {
  const of = (isOfFamily: (subnet: string) => boolean): NonNullable<NetworkOptions['ipv4']> => {
    const found = (subnets ?? []).find((one) => isOfFamily(one.subnet))
    if (found === undefined) return false
    const { subnet, gateway } = found
    return { subnet, ...(typeof gateway === 'string' ? { gateway } : {}) }
  }
  return {
    ipv4: of((subnet) => !subnet.includes(':')),
    ipv6: of((subnet) => subnet.includes(':')),
    bridge: bridge || null,
    mtu: mtu ?? null,
    internal,
    icc,
    masquerade,
  }
}
