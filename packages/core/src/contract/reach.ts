import type { Protocol } from '@portolan/netfilter'
import { type AddressInput, type Family, inputText, prefixContains } from '@portolan/netfilter'
import { checkFlow } from './check-flow.ts'
import type { DesiredMapping, DesiredNetwork, DesiredState, DesiredTarget } from './desired-state.ts'
import { holds, homeOf, isForeignContainer, isOurs, subnetOf } from './home.ts'
import { mappingsOfPort } from './mappings-by-port.ts'
import { isOpened } from './opened-flow.ts'

/**
 * The client that opens a flow, with the source address of its first packet. A packet that does not come in by a bridge
 * of Portolan is from a machine. This holds even for a source in a subnet of Portolan, which is then forged.
 * @public @since 0.1.0
 */
export type FlowSource =
  | { readonly kind: 'machine'; readonly address: string; readonly interface: string }
  | { readonly kind: 'host'; readonly address: string | null }
  | { readonly kind: 'container'; readonly network: string; readonly address: string }

/**
 * The first packet of a flow, as its client sends it.
 * @public @since 0.1.0
 */
export interface Flow {
  readonly family: Family
  readonly protocol: Protocol | 'echo-request'
  readonly from: FlowSource
  readonly to: { readonly address: string; readonly port: number }
}

/**
 * A flow as `reach` takes it: addresses are text, or values of ip-num.
 * @public @since 0.1.0
 */
export interface FlowInput extends Omit<Flow, 'from' | 'to'> {
  readonly from:
    | { readonly kind: 'machine'; readonly address: AddressInput; readonly interface: string }
    | { readonly kind: 'host'; readonly address: AddressInput | null }
    | { readonly kind: 'container'; readonly network: string; readonly address: AddressInput }
  readonly to: { readonly address: AddressInput; readonly port: number }
}

const isText = (input: FlowInput): input is Flow =>
  typeof input.to.address === 'string' && typeof (input.from.address ?? '') === 'string'

const flowOf = (input: FlowInput): Flow =>
  isText(input)
    ? input
    : {
        ...input,
        from: {
          ...input.from,
          address: input.from.address === null ? null : inputText(input.from.address),
        } as FlowSource,
        to: { ...input.to, address: inputText(input.to.address) },
      }

/**
 * What the contract needs to know of the host besides the desired state.
 * @public @since 0.1.0
 */
export interface ContractHost {
  /** Every address of every interface, without prefix length. 127.0.0.0/8 and ::1 may be left out. */
  readonly addresses: readonly string[]
  /** Prefixes of the bridges of other engines. Absent: none. */
  readonly engines?: readonly string[]
}

/**
 * What the contract promises for a flow (DESIGN, section 3).
 * - `delivered`: arrives at one of `to` (several when weighted), which sees the source that `seenAs` names.
 * - `dropped`: reaches no program.
 * - `outside`: leaves the host for another machine.
 * - `local`: goes to the host's own sockets, or is refused by them. Portolan does not interfere.
 * - `foreign`: goes between parties that are not Portolan's, or from a container to one of another engine. Portolan
 *   does not interfere, and the host's other rules decide.
 * @public @since 0.1.0
 */
export type Reach =
  | {
      readonly kind: 'delivered'
      readonly to: readonly { readonly address: string; readonly port: number }[]
      readonly seenAs: SeenAs
      readonly mapping: DesiredMapping | null
    }
  | { readonly kind: 'dropped'; readonly why: string }
  | { readonly kind: 'outside'; readonly seenAs: 'own' | 'host' }
  | { readonly kind: 'local' }
  | { readonly kind: 'foreign' }

/** `own`: the source is untouched; `gateway`: the bridge's address; `host`: some address of the host. */
export type SeenAs = 'own' | 'gateway' | 'host'

/**
 * The reachability contract: the result of a flow on a host where only the desired state is in force.
 *
 * Pure and independent of any ruleset. The property tests use it as oracle, and the kernel tests as check list.
 *
 * @example
 * reach(desired, { family: 'ip', protocol: 'tcp',
 *   from: { kind: 'machine', address: '192.0.2.9', interface: 'eth0' }, to: { address: '192.0.2.2', port: 8080 } },
 *   { addresses: ['192.0.2.2'] }) // { kind: 'delivered', to: [{ address: '172.17.0.1', port: 80 }], seenAs: 'own', ... }
 * @public @since 0.1.0
 */
export const reach = (desired: DesiredState, input: FlowInput, host: ContractHost): Reach => {
  checkFlow(input, host)
  const flow = flowOf(input)
  if (spoofsLoopback(flow)) return dropped('a loopback address came over a wire')
  const refused = refusedSource(desired, flow)
  if (isLocal(flow.family, flow.to.address, host)) {
    const reached = reachHostPort(desired, flow)
    // A forbidden source matters only if a mapping delivers the packet: the host's own sockets decide the rest.
    return refused !== null && reached.kind === 'delivered' ? refused : reached
  }
  if (refused !== null) return refused
  const network = homeOf(desired, flow.family, flow.to.address)
  if (network !== undefined) return reachDirectly(desired, flow, network)
  return reachOutside(desired, flow, host)
}

const dropped = (why: string): Reach => ({ kind: 'dropped', why })

const loopback: Record<Family, string> = { ip: '127.0.0.0/8', ip6: '::1/128' }

const isLoopback = (family: Family, address: string): boolean => prefixContains(loopback[family], address)

const spoofsLoopback = ({ family, from, to }: Flow): boolean =>
  from.kind !== 'host' && (isLoopback(family, to.address) || isLoopback(family, from.address))

/**
 * Drops a packet that must not be forwarded because of its source: an address of a Portolan subnet that did not come in
 * by that subnet's bridge, or any source on a network without a gateway. Replies to such an address go to the bridge,
 * so no honest sender uses it. A container behind a published port would see the bridge's gateway as the source.
 */
const refusedSource = (desired: DesiredState, { family, from, to }: Flow): Reach | null => {
  if (from.kind === 'host') return null
  const stranded = strandedSource(desired, family, from, to.address)
  if (stranded !== null) return stranded
  const home = homeOf(desired, family, from.address)
  if (home === undefined) return null
  if (from.kind === 'machine')
    return dropped(`${from.address} belongs to ${home.name}, but the packet did not come from there`)
  const own = desired.networks.find((network) => network.name === from.network)
  if (own === undefined || own === home) return null
  // Packets between two containers of one bridge need not cross the host.
  if (holds(subnetOf(own, family), to.address)) return null
  return dropped(`${from.address} belongs to ${home.name}, but the packet came from ${from.network}`)
}

/** Drops what a container without a gateway sends outside its subnet, even if it sets a gateway itself. */
const strandedSource = (
  desired: DesiredState,
  family: Family,
  from: FlowSource,
  to: string,
): Reach | null => {
  if (from.kind !== 'container') return null
  const own = desired.networks.find((network) => network.name === from.network)
  const subnet = own === undefined ? null : subnetOf(own, family)
  if (own === undefined || subnet?.mode !== 'isolated' || holds(subnet, to)) return null
  // On an external network, the project restricts only its own containers.
  if (own.external && !isOurs(desired, own, family, from.address)) return null
  return dropped(`${from.network} has no gateway`)
}

const isLocal = (family: Family, address: string, host: ContractHost): boolean =>
  isLoopback(family, address) || host.addresses.includes(address)

const networkOf = (desired: DesiredState, target: DesiredTarget): DesiredNetwork | undefined =>
  desired.networks.find((network) => network.name === target.network)

/**
 * Decides a flow to an address of the host: a published port, or left to the host. Published ports are a service of the
 * host, so containers of internal networks reach them too.
 */
const reachHostPort = (desired: DesiredState, flow: Flow): Reach => {
  const mapping = findMapping(desired.mappings, flow)
  if (mapping === null) return { kind: 'local' }
  const { family, from } = flow
  if (from.kind === 'machine') {
    if (mapping.interface !== null && mapping.interface !== from.interface) return { kind: 'local' }
    // Refused before any translation, even if a program listens on the port.
    if (!isAllowed(mapping, from.address)) return dropped(`${from.address} is not in allow_from`)
  }
  if (family === 'ip6') {
    // IPv6 has no route_localnet: ::1 cannot be translated off the host.
    if (isLoopback('ip6', flow.to.address)) return { kind: 'local' }
    // A routed reply cannot find a link-local client.
    if (from.kind !== 'host' && prefixContains('fe80::/10', from.address)) return { kind: 'local' }
  }
  return {
    kind: 'delivered',
    to: mapping.targets.map(({ address, port }) => ({ address, port })),
    seenAs: sourceSeen(desired, flow, mapping),
    mapping,
  }
}

const isAllowed = (mapping: DesiredMapping, address: string): boolean =>
  mapping.allowFrom === null || mapping.allowFrom.some((prefix) => prefixContains(prefix, address))

/** A mapping for one host address wins over the wildcard. Then one for an interface wins over one for any. */
const findMapping = (
  mappings: readonly DesiredMapping[],
  { family, protocol, from, to }: Flow,
): DesiredMapping | null => {
  const rank = (mapping: DesiredMapping): number =>
    (mapping.hostAddress === null ? 2 : 0) + (mapping.interface === null ? 1 : 0)
  const candidates = mappingsOfPort(mappings, 'nat', family, protocol, to.port).filter(
    (mapping) =>
      (mapping.hostAddress === null || mapping.hostAddress === to.address) &&
      (mapping.interface === null || from.kind !== 'machine' || from.interface === mapping.interface),
  )
  // The host and its containers come in by none of the interfaces named. Of two mappings that differ only in the
  // interface, the first by name serves them, so that the order in which rules were written does not matter.
  const name = (mapping: DesiredMapping): string => mapping.interface ?? ''
  return candidates.sort((a, b) => rank(a) - rank(b) || (name(a) < name(b) ? -1 : 1))[0] ?? null
}

const sourceSeen = (desired: DesiredState, { family, from, to }: Flow, mapping: DesiredMapping): SeenAs => {
  if (from.kind === 'host') return isLoopback(family, to.address) ? 'gateway' : 'host'
  // A flow through the host and back onto the same bridge: the reply must come back to the host to be un-translated.
  // Such a source from elsewhere was refused before, except a forged address of others on an external network.
  const home = mapping.targets
    .map((target) => networkOf(desired, target))
    .find(
      (network) =>
        network !== undefined &&
        holds(subnetOf(network, family), from.address) &&
        (network.external || (from.kind === 'container' && network.name === from.network)),
    )
  return home === undefined ? 'own' : 'gateway'
}

/** Decides a flow to an address inside one of Portolan's subnets. */
const reachDirectly = (desired: DesiredState, flow: Flow, network: DesiredNetwork): Reach => {
  const { family, from, to } = flow
  const deliver = (seenAs: SeenAs, mapping: DesiredMapping | null = null): Reach => ({
    kind: 'delivered',
    to: [{ address: to.address, port: to.port }],
    seenAs,
    mapping,
  })
  if (from.kind === 'host') {
    // Without an address on the bridge, the host has no route to it: the packet follows the other routes.
    return subnetOf(network, family)?.gateway === null ? { kind: 'foreign' } : deliver('gateway')
  }
  if (isOpened(desired, flow, network)) return deliver('own')
  if (from.kind === 'container' && from.network === network.name) {
    return network.icc ? deliver('own') : dropped(`icc is off on ${network.name}`)
  }
  if (from.kind === 'machine' && network.internal) return dropped(`${network.name} is internal`)
  const mode = subnetOf(network, family)?.mode
  if (mode === 'nat-unprotected' && !network.internal) return deliver('own')
  if (mode !== 'routed') return dropped(`${network.name} takes flows through published host ports only`)
  if (flow.protocol === 'echo-request') {
    return from.kind === 'machine' ? deliver('own') : dropped('another bridge reaches published ports only')
  }
  const openings = mappingsOfPort(desired.mappings, 'direct', family, flow.protocol, to.port).filter(
    ({ targets }) => targets.some(({ address, port }) => address === to.address && port === to.port),
  )
  if (openings.length === 0) return dropped(`port ${to.port} is not published`)
  // Several mappings may open one port, each to other sources.
  const mapping = openings.find(
    (candidate) =>
      from.kind !== 'machine' ||
      ((candidate.interface === null || candidate.interface === from.interface) &&
        isAllowed(candidate, from.address)),
  )
  if (mapping === undefined) return dropped(`port ${to.port} is not open to ${from.address}`)
  return deliver('own', mapping)
}

/** Decides a flow to an address that is neither the host's nor on one of Portolan's networks. */
const reachOutside = (
  desired: DesiredState,
  { family, from, to }: Flow,
  { engines = [] }: ContractHost,
): Reach => {
  if (from.kind === 'host') return { kind: 'foreign' }
  const toOthers = isForeignContainer(desired, family, to.address)
  if (from.kind === 'machine')
    return desired.guardForwarding && !toOthers ? dropped('forwarding is guarded') : { kind: 'foreign' }
  const network = desired.networks.find((candidate) => candidate.name === from.network)
  if (network === undefined) return { kind: 'foreign' }
  const subnet = subnetOf(network, family)
  // Portolan does not touch packets of a container of others, nor frames inside one bridge.
  if (network.external && (!isOurs(desired, network, family, from.address) || holds(subnet, to.address)))
    return { kind: 'foreign' }
  if (network.internal) return dropped(`${network.name} is internal`)
  if (engines.some((prefix) => prefixContains(prefix, to.address))) return { kind: 'foreign' }
  const isMasqueraded = subnet?.masquerade === true
  // The packet would keep its private source: no reply finds it, and no outside machine must see it.
  if (isMasqueraded && !holds(subnet, from.address))
    return dropped(`${from.address} would leave without being masqueraded`)
  if (toOthers) return { kind: 'foreign' }
  const isOfCluster = subnet?.unmasqueraded?.some((block) => prefixContains(block, to.address)) === true
  // The bridge's owner decides with which source containers reach other hosts of the cluster.
  if (isOfCluster && network.external) return { kind: 'foreign' }
  return { kind: 'outside', seenAs: isMasqueraded && !isOfCluster ? 'host' : 'own' }
}
