import type { Protocol } from '@portolan/netfilter'
import { type AddressInput, type Family, inputText, prefixContains } from '@portolan/netfilter'
import type { DesiredMapping, DesiredNetwork, DesiredState, DesiredTarget } from './desired-state.ts'
import { holds, homeOf, isOfOthers, isOurs, subnetOf } from './home.ts'
import { mappingsOfPort } from './mappings-by-port.ts'
import { isOpened } from './opened-flow.ts'

/**
 * The client that opens a flow, and the source address of its first packet. What comes in by another interface than one of
 * our bridges is a machine, also with an address of one of our subnets, which is then forged.
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
 * A flow as `reach` takes it: its addresses are text, or values of ip-num.
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
 * What the contract has to know of the host beside the desired state.
 * @public @since 0.1.0
 */
export interface ContractHost {
  /** Every address of every interface, without prefix length; 127.0.0.0/8 and ::1 need not be named. */
  readonly addresses: readonly string[]
  /** Prefixes of the bridges of other engines; absent: none. */
  readonly engines?: readonly string[]
}

/**
 * What the contract promises for a flow (DESIGN, section 3).
 * - `delivered`: to one of `to` (several when weighted), which sees the source named by `seenAs`.
 * - `dropped`: reaches no program.
 * - `outside`: leaves the host for another machine.
 * - `local`: to the host's own sockets, or refused by them: not ours to touch.
 * - `foreign`: between others, or from a container to one of another engine: not ours to touch. The host's other rules
 *   decide, as they would without ours.
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
 * The reachability contract: what a flow meets on a host that has the desired state, and nothing else, in force.
 *
 * Pure, and independent of any ruleset: the oracle of the property tests and the check list of the kernel tests.
 *
 * @example
 * reach(desired, { family: 'ip', protocol: 'tcp',
 *   from: { kind: 'machine', address: '192.0.2.9', interface: 'eth0' }, to: { address: '192.0.2.2', port: 8080 } },
 *   { addresses: ['192.0.2.2'] }) // { kind: 'delivered', to: [{ address: '172.17.0.1', port: 80 }], seenAs: 'own', ... }
 * @public @since 0.1.0
 */
export const reach = (desired: DesiredState, input: FlowInput, host: ContractHost): Reach => {
  const flow = flowOf(input)
  if (spoofsLoopback(flow)) return dropped('a loopback address came over a wire')
  const refused = refusedSource(desired, flow)
  if (isLocal(flow.family, flow.to.address, host)) {
    const reached = reachHostPort(desired, flow)
    // What ends at the host itself is not ours to touch, whatever its source.
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
 * What is not forwarded for its source: an address of one of our subnets that came in by another way than its bridge,
 * and whatever comes from a network without a gateway. Answers to it go to the bridge, so
 * no honest sender has it; a published port of the same network would see it as the gateway.
 */
const refusedSource = (desired: DesiredState, { family, from, to }: Flow): Reach | null => {
  if (from.kind === 'host') return null
  const stranded = strandedSource(desired, family, from, to.address)
  if (stranded !== null) return stranded
  const home = homeOf(desired, family, from.address)
  if (home === undefined) return null
  if (from.kind === 'machine')
    return dropped(`${from.address} is of ${home.name}, and did not come from there`)
  const own = desired.networks.find((network) => network.name === from.network)
  if (own === undefined || own === home) return null
  // What two containers of one bridge say to each other need not cross the host.
  if (holds(subnetOf(own, family), to.address)) return null
  return dropped(`${from.address} is of ${home.name}, and came from ${from.network}`)
}

/** A container of a network without a gateway reaches its siblings alone, though it make a gateway up. */
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
  // On an external network the project keeps in its own containers alone.
  if (own.external && !isOurs(desired, own, family, from.address)) return null
  return dropped(`${from.network} has no gateway`)
}

const isLocal = (family: Family, address: string, host: ContractHost): boolean =>
  isLoopback(family, address) || host.addresses.includes(address)

const networkOf = (desired: DesiredState, target: DesiredTarget): DesiredNetwork | undefined =>
  desired.networks.find((network) => network.name === target.network)

/**
 * To an address of the host: a published port, or none of our business. It is a service of the host, so containers of
 * internal networks reach it as all others do.
 */
const reachHostPort = (desired: DesiredState, flow: Flow): Reach => {
  const mapping = findMapping(desired.mappings, flow)
  if (mapping === null) return { kind: 'local' }
  const { family, from } = flow
  if (from.kind === 'machine') {
    if (mapping.interface !== null && mapping.interface !== from.interface) return { kind: 'local' }
    // Kept out before any translation, even where a program listens.
    if (!isAllowed(mapping, from.address)) return dropped(`${from.address} is not in allow_from`)
  }
  if (family === 'ip6') {
    // There is no IPv6 route_localnet: ::1 cannot be translated off the host.
    if (isLoopback('ip6', flow.to.address)) return { kind: 'local' }
    // A link-local client has no address that a routed reply could find.
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

/** A mapping of one host address wins over the wildcard; one bound to an interface over one that is not. */
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
  // The host and its containers come in by none of the interfaces, so of two that differ in no more than that the
  // first by name serves them: an order that can be read off the rules, in whatever order they were written.
  const name = (mapping: DesiredMapping): string => mapping.interface ?? ''
  return candidates.sort((a, b) => rank(a) - rank(b) || (name(a) < name(b) ? -1 : 1))[0] ?? null
}

const sourceSeen = (desired: DesiredState, { family, from, to }: Flow, mapping: DesiredMapping): SeenAs => {
  if (from.kind === 'host') return isLoopback(family, to.address) ? 'gateway' : 'host'
  // Through the host and back onto the same bridge: the reply has to come back to the host to be un-translated. Such a
  // source from elsewhere is refused before, but for a forged address of others on an external network.
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

/** To an address inside one of our subnets. */
const reachDirectly = (desired: DesiredState, flow: Flow, network: DesiredNetwork): Reach => {
  const { family, from, to } = flow
  const deliver = (seenAs: SeenAs, mapping: DesiredMapping | null = null): Reach => ({
    kind: 'delivered',
    to: [{ address: to.address, port: to.port }],
    seenAs,
    mapping,
  })
  if (from.kind === 'host') {
    // Without an address on the bridge the host has no route to it: the packet goes wherever the others go.
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
  // Several may open one port, each to other sources.
  const mapping = openings.find(
    (candidate) =>
      from.kind !== 'machine' ||
      ((candidate.interface === null || candidate.interface === from.interface) &&
        isAllowed(candidate, from.address)),
  )
  if (mapping === undefined) return dropped(`port ${to.port} is not open to ${from.address}`)
  return deliver('own', mapping)
}

/** To an address that is neither the host's nor on one of our networks. */
const reachOutside = (
  desired: DesiredState,
  { family, from, to }: Flow,
  { engines = [] }: ContractHost,
): Reach => {
  if (from.kind === 'host') return { kind: 'foreign' }
  const toOthers = isOfOthers(desired, family, to.address)
  if (from.kind === 'machine')
    return desired.guardForwarding && !toOthers ? dropped('forwarding is guarded') : { kind: 'foreign' }
  const network = desired.networks.find((candidate) => candidate.name === from.network)
  if (network === undefined) return { kind: 'foreign' }
  const subnet = subnetOf(network, family)
  // What a container of others sends, and what one bridge switches, is not ours to touch.
  if (network.external && (!isOurs(desired, network, family, from.address) || holds(subnet, to.address)))
    return { kind: 'foreign' }
  if (network.internal) return dropped(`${network.name} is internal`)
  if (engines.some((prefix) => prefixContains(prefix, to.address))) return { kind: 'foreign' }
  const isMasqueraded = subnet?.masquerade === true
  // It would keep a source that no reply finds, and that no machine outside is to see.
  if (isMasqueraded && !holds(subnet, from.address))
    return dropped(`${from.address} would leave without being masqueraded`)
  if (toOthers) return { kind: 'foreign' }
  const isOfCluster = subnet?.unmasqueraded?.some((block) => prefixContains(block, to.address)) === true
  // The owner of the bridge says with which source other hosts of the cluster are reached from there.
  if (isOfCluster && network.external) return { kind: 'foreign' }
  return { kind: 'outside', seenAs: isMasqueraded && !isOfCluster ? 'host' : 'own' }
}
