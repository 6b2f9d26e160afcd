import { formatAddress, formatPrefix, parseInterfaceAddress, prefixAround } from '../address/index.ts'
import { IntentError } from '../error/index.ts'
import { type HostFacts, type InterfaceFact, parseBridgeAlias } from '../facts/index.ts'
import type { NetworkIntent } from '../intent/index.ts'
import type { DesiredNetwork, DesiredSubnet } from './desired-state.ts'

/**
 * An external network as the host has it: the bridge of another project of ours (`shop_web`, as Compose names
 * networks, or `web` alone), or any interface of that name.
 *
 * @throws IntentError when the host has no such network
 * @internal
 */
export const findExternalNetwork = (network: NetworkIntent, facts: HostFacts): DesiredNetwork => {
  const wanted = network.bridge ?? network.externalName ?? network.name
  const interfaces = facts.interfaces ?? []
  const link =
    interfaces.find((one) => fullName(one) === wanted) ??
    interfaces.find((one) => parseBridgeAlias(one.alias)?.network === wanted) ??
    interfaces.find((one) => one.name === wanted)
  if (link?.name === undefined) {
    throw new IntentError(
      `the external network ${wanted} is not on this host: no bridge of ours belongs to it and no interface has that name. Create it first, or remove \`external: true\` to have it created`,
      network.place,
    )
  }
  return {
    name: network.name,
    bridge: link.name,
    external: true,
    internal: network.internal,
    icc: network.icc,
    mtu: null,
    ip: subnetOf(link, 'ip', network),
    ip6: subnetOf(link, 'ip6', network),
  }
}

/** As Compose names a network outside its file. */
const fullName = (link: InterfaceFact): string | null => {
  const owner = parseBridgeAlias(link.alias)
  return owner === null ? null : `${owner.project}_${owner.network}`
}

/** The first address that is not link-local is the gateway, and its prefix the subnet. */
const subnetOf = (
  link: InterfaceFact,
  family: 'ip' | 'ip6',
  network: NetworkIntent,
): DesiredSubnet | null => {
  for (const text of link.addresses ?? []) {
    const { address, length } = parseInterfaceAddress(text)
    const isLinkLocal = text.toLowerCase().startsWith('fe80:')
    if (address.family !== family || isLinkLocal) continue
    const mode = (family === 'ip' ? network.ip : network.ip6)?.mode ?? 'nat'
    return {
      subnet: formatPrefix(prefixAround(address, length)),
      gateway: formatAddress(address),
      mode,
      masquerade: network.masquerade && mode !== 'routed' && !network.internal,
    }
  }
  return null
}
