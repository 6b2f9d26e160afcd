import { type HostFacts, type InterfaceFact, shellWord } from '@portolan/netfilter'
import { bridgeMac } from '../contract/bridge-mac.ts'
import {
  bridgeAlias,
  bridgesCallHooks,
  type DesiredNetwork,
  type DesiredState,
  type DesiredSubnet,
  hasBridgeNetfilter,
  iccKeeper,
  networkMark,
  parseBridgeAlias,
} from '../contract/index.ts'
import { deleteEndpoints } from './delete-endpoint.ts'
import { diffPort, switchHairpinOn } from './diff-bridge-port.ts'
import { diffRoutes } from './diff-routes.ts'
import { diffVlans } from './diff-vlans.ts'
import type { LinkChange } from './link-change.ts'
import { linkChange } from './link-change-text.ts'

/**
 * The changes to a host's interfaces that a project's desired state needs. They concern bridges that are missing,
 * changed, renamed or no longer wanted, ports without hairpin mode, VLAN links of parents, and routes to blocks of
 * other hosts. Foreign interfaces and routes stay as they are, except for the ports of our own bridges.
 *
 * @public @since 0.1.0
 */
export const diffLinks = (desired: DesiredState, facts: HostFacts): readonly LinkChange[] => {
  const interfaces = facts.interfaces ?? []
  const ours = interfaces.filter((link) => parseBridgeAlias(link.alias)?.project === desired.project)
  const kept = new Set<InterfaceFact>()
  const created: LinkChange[] = []
  for (const network of desired.networks) {
    if (network.external) {
      created.push(...mendExternalPorts(network, desired, facts))
      // A bridge of ours whose network is now declared external is never removed.
      for (const link of ours) if (link.name === network.bridge) kept.add(link)
      continue
    }
    const existing = ours.find(
      (link) => link.name === network.bridge && parseBridgeAlias(link.alias)?.network === network.name,
    )
    if (existing !== undefined) {
      kept.add(existing)
      created.push(...diffBridge(desired.project, network, existing, facts))
    } else if (
      !interfaces.some(
        (link) => link.name === network.bridge && parseBridgeAlias(link.alias)?.project !== desired.project,
      )
    ) {
      created.push(createBridge(desired.project, network, facts))
    }
  }
  const removed = ours.filter((link) => !kept.has(link)).map(deleteBridge)
  const vlans = diffVlans(desired, facts)
  const names = new Set(desired.networks.map(({ name }) => name))
  const detached = deleteEndpoints(interfaces, desired.project, (network) => !names.has(network))
  // Removals come before creations: an old bridge must give back its addresses before the renamed one takes them.
  const routes = diffRoutes(desired, facts)
  return [...vlans.created, ...detached, ...removed, ...vlans.removed, ...created, ...routes]
}

/**
 * Makes the change that removes one of our bridges.
 * @public @since 0.1.0
 */
export const deleteBridge = (link: InterfaceFact): LinkChange => {
  const name = link.name ?? ''
  return {
    action: 'remove',
    object: `bridge ${name}`,
    description: `Remove bridge ${name}; the interfaces attached to it are released, not removed.`,
    before: bridgeText(name, link.addresses ?? []),
    after: null,
    reverse: `ip link add ${shellWord(name)} type bridge`,
    operation: { kind: 'delete-bridge', name },
  }
}

/**
 * Switches hairpin mode on for ports of a foreign bridge, and changes nothing else there. Without it, and with bridged
 * packets in the IP hooks, a container does not reach its own published port through the host.
 */
const mendExternalPorts = (
  network: DesiredNetwork,
  { mappings }: DesiredState,
  facts: HostFacts,
): readonly LinkChange[] => {
  const isPublished = mappings.some(
    ({ kind, targets }) => kind === 'nat' && targets.some((target) => target.network === network.name),
  )
  if (!bridgesCallHooks(facts) || !isPublished) return []
  return (facts.interfaces ?? [])
    .filter((port) => port.master === network.bridge && port.hairpin === false)
    .map((port) => switchHairpinOn(port.name ?? '', true))
}

const bridgeText = (name: string, addresses: readonly string[]): string =>
  [`bridge ${name}`, ...addresses].join(' ')

const gatewayAddresses = (network: DesiredNetwork): readonly string[] =>
  [network.ip, network.ip6].flatMap((subnet) => (subnet === null ? [] : gatewayAddress(subnet)))

const gatewayAddress = ({ subnet, gateway }: DesiredSubnet): readonly string[] =>
  gateway === null ? [] : [`${gateway}${subnet.slice(subnet.lastIndexOf('/'))}`]

/**
 * Must the bridge send its packets through the IP hooks? Only then do packets inside the bridge meet the rules that
 * enforce `icc: off`.
 */
const wantsNfCall = ({ icc, bridge, linked }: DesiredNetwork, facts: HostFacts): boolean =>
  !icc && hasBridgeNetfilter(facts) && iccKeeper(bridge, facts, linked) === 'hooks'

const createBridge = (project: string, network: DesiredNetwork, facts: HostFacts): LinkChange => {
  const addresses = gatewayAddresses(network)
  return {
    action: 'add',
    object: `bridge ${network.bridge}`,
    description: `Create bridge ${network.bridge} for network ${network.name}${addresses.length === 0 ? ', without a gateway address' : ` with gateway ${addresses.join(' and ')}`}.`,
    before: null,
    after: bridgeText(network.bridge, addresses),
    reverse: `ip link del ${shellWord(network.bridge)}`,
    operation: {
      kind: 'create-bridge',
      name: network.bridge,
      alias: bridgeAlias(networkMark(project, network)),
      mac: bridgeMac(project, network, facts),
      mtu: network.mtu,
      addresses,
      nfCall: wantsNfCall(network, facts),
    },
  }
}

const diffBridge = (
  project: string,
  network: DesiredNetwork,
  link: InterfaceFact,
  facts: HostFacts,
): readonly LinkChange[] => {
  const name = network.bridge
  const changes: LinkChange[] = []
  const wanted = gatewayAddresses(network)
  // The kernel gives every bridge a link-local address. It is a gateway only if the network asks for it.
  const present = (link.addresses ?? []).filter(
    (address) => wanted.includes(address) || !address.toLowerCase().startsWith('fe80:'),
  )
  for (const address of present) if (!wanted.includes(address)) changes.push(removeAddress(name, address))
  for (const address of wanted) if (!present.includes(address)) changes.push(addAddress(name, address))
  if (network.mtu !== null && link.mtu !== undefined && link.mtu !== network.mtu) {
    changes.push({
      ...linkChange(
        `bridge ${name}`,
        name,
        `Set the MTU of ${name} to ${network.mtu}.`,
        `mtu ${link.mtu}`,
        `mtu ${network.mtu}`,
      ),
      reverse: `ip link set ${shellWord(name)} mtu ${link.mtu}`,
      operation: { kind: 'set-bridge', name, mtu: network.mtu },
    })
  }
  if (link.up === false) {
    changes.push({
      ...linkChange(`bridge ${name}`, name, `Bring ${name} up.`, 'down', 'up'),
      reverse: `ip link set ${shellWord(name)} down`,
      operation: { kind: 'set-bridge', name, up: true },
    })
  }
  const alias = bridgeAlias(networkMark(project, network))
  if (link.alias !== alias) {
    changes.push({
      ...linkChange(
        `bridge ${name}`,
        name,
        `Write on ${name} what network ${network.name} is, for other projects that join it.`,
        `alias ${link.alias}`,
        `alias ${alias}`,
      ),
      reverse: `ip link set ${shellWord(name)} alias ${shellWord(link.alias ?? '')}`,
      operation: { kind: 'set-bridge', name, alias },
    })
  }
  const hooks: LinkChange[] = []
  const nfCall = wantsNfCall(network, facts)
  const { nfCallIptables, nfCallIp6tables = nfCall } = link
  if (nfCallIptables !== undefined && (nfCallIptables !== nfCall || nfCallIp6tables !== nfCall)) {
    const text = (ip: boolean, ip6: boolean): string =>
      `nf_call_iptables ${ip ? 1 : 0} nf_call_ip6tables ${ip6 ? 1 : 0}`
    const before = text(nfCallIptables, nfCallIp6tables)
    hooks.push({
      ...linkChange(
        `bridge ${name}`,
        name,
        nfCall
          ? `Send packets inside ${name} through the IP hooks, where icc: off of network ${network.name} is enforced.`
          : `Stop sending packets inside ${name} through the IP hooks.`,
        before,
        text(nfCall, nfCall),
      ),
      reverse: `ip link set ${shellWord(name)} type bridge ${before}`,
      operation: { kind: 'set-bridge', name, nfCall },
    })
  }
  const keeper = iccKeeper(name, facts, network.linked)
  const ports = (facts.interfaces ?? [])
    .filter((port) => port.master === name)
    .flatMap((port) => diffPort(network, port, keeper))
  // The new way to keep containers apart must hold before the old one ends.
  return nfCall ? [...changes, ...hooks, ...ports] : [...changes, ...ports, ...hooks]
}

const addAddress = (name: string, address: string): LinkChange => ({
  action: 'add',
  object: `address ${address}`,
  description: `Add gateway ${address} to ${name}.`,
  before: null,
  after: `${address} dev ${name}`,
  reverse: `ip address del ${address} dev ${shellWord(name)}`,
  operation: { kind: 'add-address', name, address },
})

const removeAddress = (name: string, address: string): LinkChange => ({
  action: 'remove',
  object: `address ${address}`,
  description: `Remove ${address} from ${name}.`,
  before: `${address} dev ${name}`,
  after: null,
  reverse: `ip address add ${address} dev ${shellWord(name)}`,
  operation: { kind: 'remove-address', name, address },
})
