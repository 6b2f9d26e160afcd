import { IntentError } from '../error/index.ts'
import { type BridgeMark, type HostFacts, type InterfaceFact, parseBridgeAlias } from '../facts/index.ts'
import type { Intent, NetworkIntent } from '../intent/index.ts'
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
 * networks, or `web` alone), or any interface of that name. A bridge of
 * ours says itself what the network is; of any other only the intent does.
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
    interfaces.find((one) => one.name === wanted)
  if (link?.name === undefined) {
    throw new IntentError(
      `the external network ${wanted} is not on this host: no bridge of ours belongs to it and no interface has that name. Create it first, or remove \`external: true\` to have it created`,
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
