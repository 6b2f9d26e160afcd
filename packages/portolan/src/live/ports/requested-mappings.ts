import {
  bridgeNetwork,
  type Conflict,
  type DesiredEndpoint,
  type DesiredMapping,
  type DesiredNetwork,
  type Intent,
} from '@portolan/core'
import {
  checkMapping,
  expandMappings,
  isAddress,
  mappingIntents,
  networkIntent,
  type PortDestination,
} from '@portolan/core/planning'
import {
  type AddressInput,
  canonicalAddress,
  type Family,
  familyOf,
  IntentError,
  InvalidRequestError,
  PortolanError,
  type Refusal,
  visibleLine,
} from '@portolan/netfilter'
import { refuseUnknownOptions, shownValue } from '@portolan/netfilter/schema'
import type { OwnBridge } from '../networks/own-bridges.ts'
import type { WantedState } from '../wanted/wanted-state.ts'
import { answeredBefore, keepAnswer, plainRequest } from './plain-mappings.ts'
import type { PublishRequest, PublishTarget } from './publish-request.ts'
import { targetBridge } from './refuse-place.ts'
import { shareHostPorts } from './share-host-ports.ts'

type PortSupply = Parameters<typeof expandMappings>[4]

/** The state that a request is read with. */
export interface RequestPlace {
  readonly project: string
  readonly wanted: WantedState
  readonly bridges: readonly OwnBridge[]
  /** Chooses host ports for a request that leaves them open. */
  readonly supply: PortSupply
}

const requestOptions: readonly string[] = [
  'hostPort',
  'protocol',
  'hostAddress',
  'interface',
  'allowFrom',
  'to',
  'force',
] satisfies readonly (keyof PublishRequest)[]
const targetOptions = ['endpoint', 'network', 'address', 'port', 'weight']

/** A target with its network and endpoint, as a planner uses it. */
interface Destination extends PortDestination {
  readonly of: DesiredNetwork
  readonly endpoint: DesiredEndpoint
  readonly hostBinding: string | null
}

/**
 * Returns the mappings that a request asks for. Each has a single port and a single family.
 * @throws InvalidRequestError
 * @internal
 */
export const requestedMappings = (
  request: PublishRequest,
  place: RequestPlace,
): readonly DesiredMapping[] => {
  checkObject(request, 'the request')
  refuseUnknownOptions(request, requestOptions, 'the options of a port')
  const { to, force } = request
  if (force !== undefined && typeof force !== 'boolean')
    throw new InvalidRequestError(`force is ${shownValue(force)}: expected true or false.`)
  const targets = Array.isArray(to) ? (to as readonly PublishTarget[]) : [to as PublishTarget]
  if (targets.length === 0) throw new InvalidRequestError('to is []: expected one target at the least.')
  const destinations = targets.map((target) => destinationOf(target, request, place))
  const plain = plainRequest(request, destinations)
  const before = plain === null ? null : answeredBefore(place.project, plain)
  if (before !== null) return before
  const wanted = mappingIntents(request, destinations)
  return asRequest(() => {
    for (const [at, mapping] of wanted.entries()) {
      const { of } = destinations[at] ?? {}
      if (of?.internal === true)
        throw new InvalidRequestError(`network ${of.name} is internal: a port cannot be published there.`)
      checkMapping(mapping, undefined)
    }
    const { mappings, conflicts, notes } = expandMappings(
      {
        project: place.project,
        endpoints: [],
        notes: [],
        mappings: isTranslated(destinations) ? shareHostPorts(place.project, wanted, place.supply) : wanted,
        networks: destinations.map(intentOn),
      },
      destinations.map(({ of }) => of),
      destinations.map(({ endpoint }) => endpoint),
      [],
      place.supply,
    )
    const [conflict] = conflicts.filter(({ severity }) => severity === 'error')
    if (conflict?.kind === 'DuplicateHostPort')
      throw new PortolanError('HOST_PORT_IN_USE', refusalOf(conflict))
    if (conflict !== undefined) throw new InvalidRequestError(refusalOf(conflict))
    if (mappings.length === 0)
      throw new InvalidRequestError(notes[0]?.text ?? 'the request publishes nothing.')
    if (plain !== null) keepAnswer(place.project, plain, mappings)
    return mappings
  })
}

/** Tells whether a request needs host ports. Targets on routed networks alone need none. */
const isTranslated = (destinations: readonly Destination[]): boolean =>
  destinations.some(({ of }) => [of.ip, of.ip6].some((subnet) => subnet !== null && subnet.mode !== 'routed'))

const asRequest = <Result>(work: () => Result): Result => {
  try {
    return work()
  } catch (error) {
    if (error instanceof IntentError) throw new InvalidRequestError(`${error.message}.`, { cause: error })
    throw error
  }
}

const destinationOf = (
  target: PublishTarget,
  options: Pick<PublishRequest, 'hostAddress'>,
  place: RequestPlace,
): Destination => {
  checkObject(target, 'to')
  refuseUnknownOptions(target, targetOptions, 'the options of a target ("to")')
  const { port, weight } = target
  if ('endpoint' in target) {
    if ('address' in target && target.address !== undefined)
      throw new InvalidRequestError(
        `to has both endpoint ${shownValue(target.endpoint)} and address ${shownValue(target.address)}: give one of the two.`,
      )
    const { network, endpoint, hostBinding } = endpointOf(target, place)
    return {
      service: endpoint.service,
      network: network.name,
      port,
      weight,
      of: network,
      endpoint,
      hostBinding,
    }
  }
  const { canonical, family } = readAddress(target.address)
  refuseOtherFamily(canonical, options.hostAddress)
  const bridge = targetBridge(canonical, place.bridges)
  const found = networkOn(bridge)
  if (found === undefined) throw new InvalidRequestError(`the bridge of ${canonical} carries no network.`)
  const own = bridge.project === place.project ? place.wanted.network(bridge.network) : null
  // A port to the address of an endpoint is a port of that endpoint: it goes when the endpoint does.
  const holder = own === null ? null : place.wanted.endpointAt(own.network.name, canonical)
  if (own !== null && holder !== null) {
    const only = { ip: null, ip6: null, [family]: canonical }
    return {
      service: holder.endpoint.service,
      network: own.network.name,
      port,
      weight,
      of: own.network,
      endpoint: { ...holder.endpoint, ...only },
      hostBinding: own.intent.hostBinding,
    }
  }
  const network = own?.network ?? found
  const service = family === 'ip6' ? `[${canonical}]` : canonical
  return {
    service,
    network: network.name,
    port,
    weight,
    of: network,
    endpoint: {
      service,
      replica: 1,
      network: network.name,
      ip: family === 'ip' ? canonical : null,
      ip6: family === 'ip6' ? canonical : null,
      mac: '',
    },
    hostBinding: own?.intent.hostBinding ?? null,
  }
}

interface ContainerAddress {
  readonly canonical: string
  readonly family: Family
}

/** The address that was read last. All ports of a container lead to one address, which is parsed once. */
let lastAddress: (ContainerAddress & { readonly text: string }) | null = null

const readAddress = (address: AddressInput): ContainerAddress => {
  if (lastAddress !== null && lastAddress.text === address) return lastAddress
  if (!isAddress(address))
    throw new InvalidRequestError(`to.address is ${shownValue(address)}: expected an address of a container.`)
  const canonical = canonicalAddress(address)
  const read = { canonical, family: familyOf(canonical) ?? 'ip' }
  if (typeof address === 'string') lastAddress = { text: address, ...read }
  return read
}

/** Caches of the networks of bridges and their intents: most ports lead to the same few. */
const networks = new WeakMap<OwnBridge, DesiredNetwork>()
const intents = new WeakMap<DesiredNetwork, NetworkIntent>()

type NetworkIntent = Intent['networks'][number]

/** The network of a bridge. Its name has the project, to differ from the networks of this project. */
const networkOn = (bridge: OwnBridge): DesiredNetwork | undefined => {
  const known = networks.get(bridge)
  if (known !== undefined) return known
  const found = bridgeNetwork(bridge.link)?.network
  if (found === undefined) return undefined
  const made = { ...found, name: `${bridge.project}/${bridge.network}` }
  networks.set(bridge, made)
  return made
}

const intentOn = ({ of, hostBinding }: Destination): NetworkIntent => {
  const known = intents.get(of)
  if (known !== undefined && known.hostBinding === hostBinding) return known
  const made = networkIntent(of.name, { hostBinding })
  intents.set(of, made)
  return made
}

const refuseOtherFamily = (address: string, hostAddress: PublishRequest['hostAddress']): void => {
  if (hostAddress === undefined || hostAddress === null || !isAddress(hostAddress)) return
  const canonical = canonicalAddress(hostAddress)
  if (familyOf(canonical) === familyOf(address)) return
  throw new InvalidRequestError(
    `the host address ${canonical} and the target ${address} are of different families.`,
  )
}

const endpointOf = (
  { endpoint: name, network: on }: { readonly endpoint: string; readonly network?: string },
  { project, wanted }: RequestPlace,
): { network: DesiredNetwork; endpoint: DesiredEndpoint; hostBinding: string | null } => {
  if (typeof name !== 'string')
    throw new InvalidRequestError(`to.endpoint is ${shownValue(name)}: expected the name of an endpoint.`)
  if (on !== undefined && typeof on !== 'string')
    throw new InvalidRequestError(`to.network is ${shownValue(on)}: expected the name of a network.`)
  const networks = wanted.networks().filter(({ network }) => on === undefined || network.name === on)
  const found = networks.flatMap(({ network, intent }) => {
    const endpoint = wanted.endpoint(network.name, name)
    return endpoint === null
      ? []
      : [{ network, endpoint: endpoint.endpoint, hostBinding: intent.hostBinding }]
  })
  const chosen = found.find(({ network }) => !network.internal) ?? found[0]
  if (chosen !== undefined) return chosen
  throw new InvalidRequestError(
    `project ${project} has no endpoint ${shownValue(name)}${on === undefined ? '' : ` on network ${visibleLine(on)}`}: lease an address for it first.`,
  )
}

/** Checks that a value is an object. Callers may be plain JavaScript. */
export const checkObject = (value: unknown, name: string): void => {
  if (typeof value !== 'object' || value === null)
    throw new InvalidRequestError(`${name} is ${shownValue(value)}: expected an object.`)
}

const refusalOf = ({ message, remedy }: Conflict): Refusal => ({
  problem: message,
  remedy: () => remedy.text,
})
