import { isDeepStrictEqual } from 'node:util'
import {
  bridgeNetwork,
  type DesiredEndpoint,
  type DesiredNetwork,
  type EndpointOptions,
} from '@portolan/core'
import type { InsideState, NetworkNamespace } from '@portolan/host'
import {
  ApplyError,
  canonicalAddress,
  detachWay,
  families,
  InvalidRequestError,
  oneWay,
  PortolanError,
  parsePrefix,
} from '@portolan/netfilter'
import { noSuchFamily } from '../endpoints/no-such-family.ts'
import { refuseMac } from '../endpoints/refuse-mac.ts'
import type { LiveMachine } from '../live-machine.ts'
import { bridgeOf } from '../networks/own-bridges.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { type AttachRequest, checkAttachRequest } from './attach-request.ts'
import { attachedOtherwise } from './attached-otherwise.ts'
import { portOfEndpoint } from './attached-ports.ts'
import type { Attachment, InsideAddress, InterfaceMaker } from './attachment.ts'
import { bridgeAttachment } from './bridge-attachment.ts'
import { routeInTheWay } from './default-routes.ts'
import { forgetGivenUp } from './held-addresses.ts'
import { interfacesBeside } from './interfaces-beside.ts'
import { formerAddresses, missingInside } from './missing-inside.ts'
import { noteParentDown } from './note-parent-down.ts'
import { type Completed, noteReplies } from './note-replies.ts'
import { parentedAttachment } from './parented-attachment.ts'
import { parentedDetach } from './parented-detach.ts'
import type { EndpointPlace } from './place.ts'
import { placeToAttach } from './place-to-attach.ts'
import { refuseOverlap, rivalWays } from './refuse-overlap.ts'

type AttachTools = Pick<
  LiveMachine,
  'links' | 'sysctls' | 'clock' | 'leases' | 'namespaces' | 'wanted' | 'noteLost'
>

/**
 * An endpoint that is attached to its network.
 * @example
 * const told = ({ service, interface: name, ip }: AttachedEndpoint): string => `${service} has ${ip} on ${name}`
 * @public @since 0.1.0
 */
export interface AttachedEndpoint extends DesiredEndpoint {
  /** The name of the interface inside the namespace. */
  readonly interface: string
  /** Sentences about what does not work for this endpoint; absent: no such problem is known. */
  readonly notes?: readonly string[]
}

/** The smallest MTU of a link with IPv6 (RFC 8200, section 5). Below it the kernel removes IPv6 from the link. */
const LEAST_MTU_OF_IP6 = 1280

/** Gives a namespace a working interface on a network, or repairs the one it has. A failure takes everything back. */
export const attachEndpoint = async (
  rules: LiveRules,
  tools: AttachTools,
  request: AttachRequest,
): Promise<AttachedEndpoint> => {
  checkAttachRequest(request)
  const namespace = tools.namespaces.open(request.netns)
  try {
    if (namespace.isOwn)
      throw new InvalidRequestError(
        `${namespace.where} is the one that this host itself is in: attach puts a process of a namespace of its own on a network. Start it in one (unshare --net, ip netns add).`,
      )
    const place = await placeToAttach(rules, tools, request)
    refuseMtu(request, place)
    const inside = request.interface ?? 'eth0'
    const options = endpointOptions(request)
    refuseFamily(place, options)
    refuseChange(place, options, request.mtu ?? null, rules)
    const { endpoint, release } = await place.lease(options)
    const undone: (() => Promise<void>)[] = [release]
    try {
      const isChild = place.way.kind === 'parent'
      // On a parent the kernel itself refuses a MAC that is in use.
      if (!isChild && (portOfEndpoint(rules.facts, place.mark) === null || options.mac !== undefined))
        refuseMac(rules, await tools.leases.read(), place.mark, endpoint.mac)
      if (!isChild && portOfEndpoint(rules.facts, place.mark) === null)
        await forgetGivenUp(tools.leases, place.mark)
      const attachment: Attachment = {
        mark: place.mark,
        interface: inside,
        detachOptions: detachOptions(place),
        mac: endpoint.mac,
        announce: place.way.kind === 'parent' && place.way.driver.kind === 'ipvlan' ? null : endpoint.mac,
        addresses: insideAddresses(place, endpoint, request),
        metric: request.metric ?? null,
      }
      const maker = interfaceMaker(rules, tools, place, attachment, request.mtu ?? null)
      const isKnown = await maker.make(namespace)
      undone.unshift(maker.undo)
      const beside = (state: InsideState): Promise<readonly string[]> =>
        interfacesBeside(rules, tools, place.mark, namespace, state)
      const made = await complete(namespace, attachment, maker, { isKnown, beside })
      // An interface that was there already may still have the former addresses, so their record is kept.
      if (isChild && !isKnown) await forgetGivenUp(tools.leases, place.mark)
      const notes = [
        ...noteReplies(rules, tools, attachment, made),
        ...noteParentDown(rules.facts, place),
        ...(await noteLost(rules, tools, place)),
      ]
      return { ...endpoint, interface: inside, ...(notes.length === 0 ? {} : { notes }) }
    } catch (error) {
      for (const undo of undone) await undo()
      throw error
    }
  } finally {
    namespace.close()
  }
}

/** Notes on a network in a lost block: containers of another host may have its addresses. */
const noteLost = async (
  rules: LiveRules,
  tools: AttachTools,
  { mark, way }: EndpointPlace,
): Promise<readonly string[]> => {
  if (way.kind === 'parent') return []
  const network = networkOn(rules, tools, mark)
  return network === null ? [] : ((await tools.noteLost?.({ project: mark.project, network })) ?? [])
}

/** The network of an endpoint. For a network that a plan made, the bridge holds the description. */
const networkOn = (
  { project, facts }: LiveRules,
  { wanted }: AttachTools,
  mark: EndpointPlace['mark'],
): DesiredNetwork | null => {
  if (mark.project === project) return wanted.network(mark.network)?.network ?? null
  const found = (facts.interfaces ?? [])
    .flatMap((link) => bridgeNetwork(link) ?? [])
    .find((one) => one.project === mark.project && one.network.name === mark.network)
  return found?.network ?? null
}

/** Brings the interface inside up, and adds what it lacks. */
const complete = async (
  namespace: NetworkNamespace,
  attachment: Attachment,
  maker: InterfaceMaker,
  {
    isKnown,
    beside,
  }: {
    readonly isKnown: boolean
    readonly beside: (state: InsideState) => Promise<readonly string[]>
  },
): Promise<Completed> => {
  const { interface: inside, addresses } = attachment
  const ip6 = addresses.some(({ family }) => family === 'ip6')
  const how = { ip6, within: addresses.map(({ subnet }) => subnet) }
  let state = await namespace.bringUp(inside, how)
  const others = rivalWays(attachment, state).length > 0 ? await beside(state) : []
  refuseOverlap(namespace.where, attachment, state, others)
  if (others.length > 0) state = await namespace.bringUp(inside, { ...how, beside: others })
  refuseFormer(namespace, attachment, state)
  refuseMetric(namespace, attachment, state)
  let missing = missingInside(attachment, state, isKnown)
  await maker.settle()
  while (missing !== null) {
    try {
      await namespace.configure(inside, missing)
      break
    } catch (error) {
      if (!(error instanceof ApplyError)) throw error
      // Another program that attaches the same endpoint may just have added a part.
      state = await namespace.bringUp(inside, how)
      const left = missingInside(attachment, state, true)
      if (isDeepStrictEqual(left, missing)) throw error
      missing = left
    }
  }
  return { state, change: missing, beside: others }
}

/**
 * Refuses an interface with former addresses. A plan gave the endpoint or its network new ones, but connections may be
 * open from the addresses inside.
 */
const refuseFormer = ({ where }: NetworkNamespace, attachment: Attachment, state: InsideState): void => {
  const former = formerAddresses(attachment, state)
  if (former.length === 0) return
  const { mark, interface: inside, addresses } = attachment
  throw new PortolanError('ENDPOINT_ATTACHED', {
    problem: `Endpoint ${mark.endpoint} of network ${mark.network} has ${addresses.map(({ text }) => text).join(' and ')}, and ${inside} in ${where} has ${former.join(' and ')} instead. Attach replaces no address, since connections may be open from it.`,
    remedy: (wording) =>
      `Where that is the interface of the endpoint, ${detachWay(wording, mark.endpoint, attachment.detachOptions)}, then attach it again.`,
  })
}

const refuseMetric = ({ where }: NetworkNamespace, attachment: Attachment, state: InsideState): void => {
  const route = routeInTheWay(attachment, state)
  if (route === null) return
  const way = `${route.gateway === null ? '' : `via ${route.gateway} `}dev ${route.interface}`
  throw new InvalidRequestError({
    problem: `endpoint ${attachment.mark.endpoint} cannot have a default route of metric ${route.metric}: ${where} has one of that metric already (default ${way}).`,
    remedy: ({ metric }) => oneWay(metric),
  })
}

/** Chooses how the interface is made: as a child of a parent, or as the veth pair of a bridge. */
const interfaceMaker = (
  rules: LiveRules,
  tools: AttachTools,
  { way, mark, known, formerMacs }: EndpointPlace,
  attachment: Attachment,
  mtu: number | null,
): InterfaceMaker => {
  if (way.kind === 'parent')
    return parentedAttachment(tools, way, attachment, { mtu, isNew: known === null, formerMacs })
  const bridge = bridgeOf(rules.bridges, `${mark.project}/${mark.network}`)
  return bridgeAttachment(rules, tools, bridge, attachment, mtu)
}

const detachOptions = ({ mark, way }: EndpointPlace): string =>
  way.kind === 'parent' ? parentedDetach(mark.project) : ''

const endpointOptions = ({ address, address6, mac }: AttachRequest): EndpointOptions => ({
  ...(address === undefined ? {} : { ip: address }),
  ...(address6 === undefined ? {} : { ip6: address6 }),
  ...(mac === undefined ? {} : { mac }),
})

const refuseMtu = ({ mtu, endpoint }: AttachRequest, { subnets }: EndpointPlace): void => {
  if (mtu !== undefined && mtu < LEAST_MTU_OF_IP6 && subnets.ip6 !== null)
    throw new InvalidRequestError(
      `endpoint ${endpoint} cannot have an MTU of ${mtu}: its network has IPv6, which needs ${LEAST_MTU_OF_IP6} bytes or more. Give a larger one, or a network without IPv6.`,
    )
}

/** Refuses an address of a family that the network lacks. A requested address is given, or the attach fails. */
const refuseFamily = ({ mark, subnets }: EndpointPlace, asked: EndpointOptions): void => {
  for (const family of families) {
    const address = asked[family]
    if (address === undefined || address === null || subnets[family] !== null) continue
    throw noSuchFamily(mark.network, mark.endpoint, family, canonicalAddress(address))
  }
}

/** Refuses to change an attached endpoint: connections inside may be open from its addresses. */
const refuseChange = (
  { mark, known }: EndpointPlace,
  { ip, ip6, mac }: EndpointOptions,
  mtu: number | null,
  { facts }: LiveRules,
): void => {
  const port = portOfEndpoint(facts, mark)
  if (port === null) return
  const has = facts.interfaces?.find(({ name }) => name === port.name)?.mtu
  if (mtu !== null && has !== undefined && has !== mtu)
    throw attachedOtherwise(mark, `the MTU ${has}`, String(mtu))
  if (known === null) return
  const asked = [
    [ip, known.ip],
    [ip6, known.ip6],
  ] as const
  for (const [address, has] of asked)
    if (address !== undefined && address !== null && canonicalAddress(address) !== has)
      throw attachedOtherwise(mark, `the address ${has ?? 'of one family alone'}`, canonicalAddress(address))
  if (mac !== undefined && mac !== null && mac.toLowerCase() !== known.mac)
    throw attachedOtherwise(mark, `the MAC ${known.mac}`, mac)
}

const insideAddresses = (
  { subnets, isInternal }: EndpointPlace,
  endpoint: DesiredEndpoint,
  { defaultRoute = true }: AttachRequest,
): readonly InsideAddress[] =>
  families.flatMap((family) => {
    const subnet = subnets[family]
    const address = endpoint[family]
    if (subnet === null || address === null) return []
    return [
      {
        family,
        text: `${address}/${parsePrefix(subnet.subnet).length}`,
        subnet: subnet.subnet,
        gateway: isInternal || !defaultRoute ? null : subnet.gateway,
        router: subnet.gateway,
      },
    ]
  })
