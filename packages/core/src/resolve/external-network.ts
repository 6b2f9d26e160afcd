import {
  containsAddress,
  type EngineNetworkFact,
  formatAddress,
  type HostFacts,
  IntentError,
  type InterfaceFact,
  parseAddress,
  parsePrefix,
} from '@portolan/netfilter'
import { linkSubnet, type NetworkCharacter } from '../contract/bridge-network.ts'
import type { DesiredNetwork } from '../contract/desired-state.ts'
import { type BridgeMark, parseBridgeAlias } from '../contract/index.ts'
import type { Intent, NetworkIntent } from '../intent/index.ts'
import { firstUsable } from '../pool/usable-addresses.ts'

/** An external network as it is on the host, with the engine or project that it belongs to. */
export interface ExternalNetwork {
  readonly network: DesiredNetwork
  /** The networks of other engines whose files name its bridge; usually one. */
  readonly engines: readonly EngineNetworkFact[]
  /** Null: its bridge is not one of ours. */
  readonly owner: BridgeMark | null
}

/**
 * Finds an external network on the host. It may be the bridge of another project of ours (`shop_web`, as Compose names
 * networks, or `web` alone), any interface of that name, or a network of another engine that the facts list with its
 * bridge. A bridge of ours carries the settings of its network. For any other bridge only the intent names them.
 *
 * @throws IntentError when the host has no such network
 * @internal
 */
export const findExternalNetwork = (network: NetworkIntent, facts: HostFacts): ExternalNetwork => {
  const link = linkOf(network, facts)
  if (link?.name === undefined) throw notFound(wantedName(network), network)
  const owner = parseBridgeAlias(link.alias)
  const character: NetworkCharacter = owner ?? {
    icc: network.icc,
    internal: network.internal,
    masquerade: network.masquerade,
    mode: { ip: network.ip?.mode ?? 'nat', ip6: network.ip6?.mode ?? 'nat' },
  }
  return {
    owner,
    engines: (facts.networks ?? []).filter(({ bridge }) => bridge === link.name),
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

const wantedName = ({ bridge, externalName, name }: NetworkIntent): string => bridge ?? externalName ?? name

const linkOf = (network: NetworkIntent, facts: HostFacts): InterfaceFact | undefined => {
  const wanted = wantedName(network)
  const interfaces = facts.interfaces ?? []
  return (
    interfaces.find((one) => fullName(one) === wanted) ??
    interfaces.find((one) => parseBridgeAlias(one.alias)?.network === wanted) ??
    interfaces.find((one) => one.name === wanted) ??
    engineLink(wanted, network, facts)
  )
}

/**
 * Describes an external network without a bridge, such as one of macvlan, as its engine names it; null: it has a
 * bridge, or nothing is known of it.
 * @internal
 */
export const describeBridgeless = (network: NetworkIntent, facts: HostFacts): string | null => {
  const found = (facts.networks ?? []).find(({ name }) => name === wantedName(network))
  return found === undefined || linkOf(network, facts)?.name !== undefined ? null : describe(found)
}

/**
 * Finds the bridge of another engine's network by the engine's name for it. If the bridge does not exist yet, its
 * gateways are those that the engine has chosen. Without such a choice they are the first address of each subnet, as
 * Docker, Podman and CNI choose them.
 *
 * @throws IntentError when several engines have a network of that name, and several or none of them are up; or when the
 * network names no subnet and its bridge does not exist
 */
const engineLink = (
  wanted: string,
  { place }: NetworkIntent,
  { networks = [], interfaces = [] }: HostFacts,
): InterfaceFact | undefined => {
  const isUp = ({ bridge }: EngineNetworkFact): boolean => interfaces.some(({ name }) => name === bridge)
  const named = networks.filter(({ name, bridge }) => name === wanted && bridge !== undefined)
  // Debian's podman installs a CNI file for its default network, which netavark does not use.
  const found = named.some(isUp) ? named.filter(isUp) : named
  const [network] = found
  if (network?.bridge === undefined) return undefined
  const other = found.find(({ bridge }) => bridge !== network.bridge)
  if (other !== undefined)
    throw new IntentError(
      `the external network ${wanted} is there twice: ${describe(network)} has bridge ${network.bridge}, and ${describe(other)} has bridge ${other.bridge}. Name the bridge instead (\`name: ${network.bridge}\` or \`name: ${other.bridge}\`)`,
      place,
    )
  const there = interfaces.find(({ name }) => name === network.bridge)
  if ((there?.addresses ?? []).length > 0) return there
  if ((network.subnets ?? []).length === 0) {
    if (there !== undefined) return there
    throw new IntentError(
      `the external network ${wanted} is ${describe(network)}, on bridge ${network.bridge}, which is not on this host. Create that bridge first`,
      place,
    )
  }
  const gateways = (network.gateways ?? []).map((text) => parseAddress(text))
  const addresses = (network.subnets ?? []).map((text) => {
    const prefix = parsePrefix(text)
    const chosen = gateways.find((gateway) => containsAddress(prefix, gateway))
    return `${formatAddress(chosen ?? firstUsable(prefix))}/${prefix.length}`
  })
  return { ...there, name: network.bridge, addresses }
}

const describe = ({ engine, name, file }: EngineNetworkFact): string =>
  `${engine ?? 'another engine'}'s network ${name}${file === undefined ? '' : ` (${file})`}`

const notFound = (wanted: string, { place }: NetworkIntent): IntentError =>
  new IntentError(
    `the external network ${wanted} is not on this host: no bridge of ours belongs to it, no interface has that name, and no network of Docker, Podman, CNI or libvirt that could be read has it. Create it first, name its bridge among the \`networks\` of the facts (--host), or remove \`external: true\` to have it created`,
    place,
  )

/**
 * Refuses ports on an external network that is internal. Only the host tells whether it is.
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

/** The name that Compose gives a network outside its file. */
const fullName = (link: InterfaceFact): string | null => {
  const owner = parseBridgeAlias(link.alias)
  return owner === null ? null : `${owner.project}_${owner.network}`
}
