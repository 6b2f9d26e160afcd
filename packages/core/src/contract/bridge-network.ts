import {
  type Family,
  families,
  formatAddress,
  formatPrefix,
  type InterfaceFact,
  parseInterfaceAddress,
  prefixAround,
} from '@portolan/netfilter'
import { type BridgeMark, type BridgeOwner, parseBridgeAlias } from './bridge-alias.ts'
import type { DesiredNetwork, DesiredOpening, DesiredSubnet } from './desired-state.ts'

/**
 * The properties of a network besides its name and its subnets.
 * @internal
 */
export type NetworkCharacter = Omit<BridgeMark, keyof BridgeOwner>

/**
 * A network and the project that has it.
 * @public @since 0.1.0
 */
export interface OwnedNetwork {
  readonly project: string
  readonly network: DesiredNetwork
  /**
   * The network and its openings with what other hosts of the cluster add, which the bridge does not show. Rules that
   * are made again follow it. Rules that exist need not. Absent: no other hosts are known.
   */
  readonly among?: { readonly network: DesiredNetwork; readonly openings: readonly DesiredOpening[] }
}

/**
 * Rebuilds a network from its bridge alone: the alias holds the properties of the network, the addresses are the
 * gateways. So the rules of a network can be made again after they are lost.
 *
 * @returns null when the interface is not a bridge of Portolan
 * @example
 * bridgeNetwork({ name: 'br-web', alias: 'portolan project=shop network=web', addresses: ['172.17.42.1/16'] })
 * @public @since 0.1.0
 */
export const bridgeNetwork = (link: InterfaceFact): OwnedNetwork | null => {
  const mark = parseBridgeAlias(link.alias)
  if (mark === null || link.name === undefined) return null
  const [ip, ip6] = families.map((family) => linkSubnet(link, family, mark) ?? isolated(family, mark))
  return {
    project: mark.project,
    network: {
      name: mark.network,
      bridge: link.name,
      external: false,
      internal: mark.internal,
      icc: mark.icc,
      ...(mark.linked === true ? { linked: true } : {}),
      ...(mark.asked === undefined ? {} : { asked: mark.asked }),
      mtu: null,
      ip: ip ?? null,
      ip6: ip6 ?? null,
    },
  }
}

/**
 * The subnet of an interface in one family. The first address that is not link-local is the gateway, and its prefix
 * the subnet.
 * @internal
 */
export const linkSubnet = (
  link: InterfaceFact,
  family: Family,
  { mode: modes, masquerade, internal }: NetworkCharacter,
): DesiredSubnet | null => {
  for (const text of link.addresses ?? []) {
    const { address, length } = parseInterfaceAddress(text)
    const isLinkLocal = text.toLowerCase().startsWith('fe80:')
    if (address.family !== family || isLinkLocal) continue
    const mode = modes[family]
    return {
      subnet: formatPrefix(prefixAround(address, length)),
      gateway: formatAddress(address),
      mode,
      masquerade: masquerade && mode !== 'routed' && !internal,
    }
  }
  return null
}

/**
 * The subnet of a family in mode `isolated`; null: the mode is another one. Its bridge has no address. If the alias
 * does not hold the subnet, the whole address space stands for it.
 */
const isolated = (family: Family, { mode, isolated: told = {} }: NetworkCharacter): DesiredSubnet | null =>
  mode[family] === 'isolated'
    ? {
        subnet: told[family] ?? (family === 'ip' ? '0.0.0.0/0' : '::/0'),
        gateway: null,
        mode: 'isolated',
        masquerade: false,
      }
    : null
