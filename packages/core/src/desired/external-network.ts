import { formatAddress, parsePrefix } from '../address/index.ts'
import { IntentError } from '../error/index.ts'
import { type BridgeMark, type HostFacts, type InterfaceFact, parseBridgeAlias } from '../facts/index.ts'
import type { Intent, NetworkIntent } from '../intent/index.ts'
import { firstUsable } from '../pool/usable-addresses.ts'
import { linkSubnet, type NetworkCharacter } from './bridge-network.ts'
import type { DesiredNetwork } from './desired-state.ts'

/** An external network as the host has it, and who else may be on it. */
export interface ExternalNetwork {
  readonly network: DesiredNetwork
  /** Null when its bridge is not one of ours. */
  readonly owner: BridgeMark | null
}

/**
 * An external network as the host has it: the bridge of another project of ours (`shop_web`, as Compose names
 * networks, or `web` alone), any interface of that name, or a network of another engine that the facts name with its
 * bridge. A bridge of ours says itself what the network is; of any other only the intent does.
 *
 * @throws IntentError when the host has no such network
 * @internal
 */
export const findExternalNetwork = (network: NetworkIntent, facts: HostFacts): ExternalNetwork => {
  const wanted = network.bridge ?? network.externalName ?? network.name
  const interfaces = facts.interfaces ?? []
  const link =
    interfaces.find((one) => fullName(one) === wanted) ??
    interfaces.find((one) => parseBridgeAlias(one.alias)?.network === wanted) ??
    interfaces.find((one) => one.name === wanted) ??
    engineLink(wanted, facts)
  if (link?.name === undefined) {
    throw new IntentError(
      `the external network ${wanted} is not on this host: no bridge of ours belongs to it and no interface has that name. Create it first, name its bridge among the \`networks\` of the facts (--host), or remove \`external: true\` to have it created`,
      network.place,
    )
  }
  const owner = parseBridgeAlias(link.alias)
  const character: NetworkCharacter = owner ?? {
    icc: network.icc,
    internal: network.internal,
    masquerade: network.masquerade,
    mode: { ip: network.ip?.mode ?? 'nat', ip6: network.ip6?.mode ?? 'nat' },
  }
  return {
    owner,
    network: {
      name: network.name,
      bridge: link.name,
      external: true,
      internal: character.internal,
      icc: character.icc,
      mtu: null,
      ip: linkSubnet(link, 'ip', character),
      ip6: linkSubnet(link, 'ip6', character),
    },
  }
}

/**
 * The bridge of a network that the facts tell of. While it is not there, its gateways are taken for the first address
 * of each subnet, as Docker, Podman and CNI choose them.
 */
const engineLink = (
  wanted: string,
  { networks = [], interfaces = [] }: HostFacts,
): InterfaceFact | undefined => {
  const network = networks.find(({ name, bridge }) => name === wanted && bridge !== undefined)
  if (network?.bridge === undefined) return undefined
  const there = interfaces.find(({ name }) => name === network.bridge)
  if ((there?.addresses ?? []).length > 0) return there
  const addresses = (network.subnets ?? []).map((text) => {
    const prefix = parsePrefix(text)
    return `${formatAddress(firstUsable(prefix))}/${prefix.length}`
  })
  return { ...there, name: network.bridge, addresses }
}

/**
 * Whether an external network is internal is only known from the host.
 * @throws IntentError for a port that is published on one
 */
export const checkExternalPorts = (
  { mappings }: Intent,
  external: ReadonlyMap<string, ExternalNetwork>,
): void => {
  for (const { service, network: name, place } of mappings) {
    const found = external.get(name)
    if (found?.owner?.internal !== true) continue
    throw new IntentError(
      `a port of ${service} is published on the external network ${name}, which project ${found.owner.project} made internal: ports need a network that is not internal`,
      place,
    )
  }
}

/** As Compose names a network outside its file. */
const fullName = (link: InterfaceFact): string | null => {
  const owner = parseBridgeAlias(link.alias)
  return owner === null ? null : `${owner.project}_${owner.network}`
}
