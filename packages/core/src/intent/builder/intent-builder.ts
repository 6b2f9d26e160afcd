import {
  type AddressInput,
  canonicalAddress,
  InvalidRequestError,
  inputText,
  type Protocol,
} from '@portolan/netfilter'
import {
  checkArgument,
  checkOptions,
  listValue,
  macValue,
  nullOr,
  type OptionKinds,
  objectValue,
  refuseUnknownOptions,
  shownValue,
  type ValueKind,
} from '@portolan/netfilter/schema'
import type { EndpointIntent } from '../endpoint-intent.ts'
import type { Intent, LinkIntent, MappingIntent, NetworkIntent } from '../intent.ts'
import { isProjectName, projectNameRule } from '../project-name.ts'
import { type NetworkOptions, networkIntent } from './network-options.ts'
import {
  isAddress,
  mappingIntents,
  type PortOptions,
  type PortsInput,
  requestedPorts,
  requestedProtocol,
} from './port-options.ts'
import { type ReachableInput, requestedReachable } from './reachable-options.ts'
import { requestedName } from './requested-options.ts'

/**
 * The fixed settings of an endpoint. An absent address is leased, and an absent MAC is derived.
 * @public @since 0.1.0
 */
export interface EndpointOptions {
  readonly ip?: AddressInput | null
  readonly ip6?: AddressInput | null
  /** Six bytes in hexadecimal, with colons. */
  readonly mac?: string | null
}

/**
 * A host port that leads to a service.
 * @public @since 0.1.0
 */
export interface ServicePort extends PortOptions {
  /** The container's port, or a range as long as the range of host ports. */
  readonly port: PortsInput
  /** The network whose address the port leads to. Default: the service's first network that is not internal. */
  readonly network?: string
  /** The weight of this service where several services share the host port, 1 or more. */
  readonly weight?: number
}

/**
 * The settings of a service, as a program gives them.
 * @public @since 0.1.0
 */
export interface ServiceOptions {
  /** Names of networks, or names with the fixed settings there. Absent: `default`, as in Compose. */
  readonly networks?: readonly string[] | Readonly<Record<string, EndpointOptions>>
  readonly ports?: readonly ServicePort[]
  /** Sources that reach the service on its own addresses; absent: only those that its networks let in. */
  readonly reachableFrom?: readonly ReachableInput[]
  /** Services that this one reaches where `icc` is off, each on the given ports alone. */
  readonly links?: readonly ServiceLink[]
}

/**
 * A link from one service to another.
 * @public @since 0.1.0
 */
export interface ServiceLink {
  readonly service: string
  /** The exposed ports that the link opens, TCP by default: `5432`, `{ port: '6000-6009', protocol: 'udp' }`. */
  readonly ports: readonly (PortsInput | { readonly port: PortsInput; readonly protocol?: Protocol })[]
}

/**
 * An intent with methods that add to it. It is a value: each call returns a new intent and leaves the old one as it
 * was.
 * @public @since 0.1.0
 */
export interface IntentBuilder extends Intent {
  /**
   * Adds a network, or replaces the network of that name. Everything that an earlier call set on it is gone. Services
   * on the network stay.
   */
  network(name: string, options?: NetworkOptions): IntentBuilder
  /**
   * Adds a service.
   * @throws InvalidRequestError for a network that the intent does not have, and for invalid options
   */
  service(name: string, options?: ServiceOptions): IntentBuilder
}

/**
 * Starts an intent in a program, with what a Compose file could say. Hand the result to `plan` as it is.
 *
 * @param project - the name of the project, as in `Intent`
 * @throws InvalidRequestError for a text that cannot name a project
 * @example
 * const shop = intent('shop')
 *   .network('web', { pool: 'classic' })
 *   .service('nginx', { networks: ['web'], ports: [{ hostPort: 8080, port: 80, allowFrom: ['198.51.100.0/24'] }] })
 * const p = await plan(shop, { facts: {}, rules: null, backend: 'nftables' })
 * p.addresses[0]?.address // '172.17.0.1'
 * @public @since 0.1.0
 */
export const intent = (project: string): IntentBuilder => {
  if (!isProjectName(project))
    throw new InvalidRequestError(`${shownValue(project)} cannot name a project: use ${projectNameRule}.`)
  return builderOf({ project, networks: [], endpoints: [], mappings: [], notes: [] })
}

const builderOf = (made: Intent): IntentBuilder => ({
  ...made,
  network: (name, options = {}) => {
    const others = made.networks.filter((network) => network.name !== name)
    const network = networkIntent(requestedName(name, 'a network'), options)
    return builderOf({ ...made, networks: [...others, network] })
  },
  service: (name, options = {}) => builderOf(withService(made, name, options)),
})

const isObject = objectValue('an object').holds

const serviceKinds: OptionKinds<ServiceOptions> = {
  networks: {
    expected: 'a list of names such as ["web"], or an object of names with what is fixed there',
    holds: (value) =>
      isObject(value) || (Array.isArray(value) && value.every((name) => typeof name === 'string')),
  },
  ports: listValue('a list such as [{ hostPort: 8080, port: 80 }]', isObject),
  reachableFrom: listValue('a list such as [{ interface: "wg0" }]', () => true),
  links: listValue('a list such as [{ service: "db", ports: [5432] }]', isObject),
}

const fixedValue: ValueKind = nullOr({
  expected: 'an address, as text or as a value of ip-num',
  holds: (value) => typeof value === 'string' || isObject(value),
})

const endpointKinds: OptionKinds<EndpointOptions> = {
  ip: fixedValue,
  ip6: fixedValue,
  mac: nullOr(macValue),
}

const withService = (made: Intent, name: string, options: ServiceOptions): Intent => {
  const service = requestedName(name, 'a service')
  checkOptions(options, serviceKinds, `the options of service ${service}`)
  const { networks, ports = [], links = [] } = options
  const reachableFrom = requestedReachable(options.reachableFrom ?? [])
  if (made.endpoints.some((endpoint) => endpoint.service === service))
    throw new InvalidRequestError(`service ${service} exists already: choose another name.`)
  const wanted = networksOf(networks)
  const known = new Map(made.networks.map((network) => [network.name, network]))
  if (wanted.has('default') && !known.has('default')) known.set('default', networkIntent('default', {}))
  for (const name of wanted.keys())
    if (!known.has(name))
      throw new InvalidRequestError(
        `service ${service} names network ${name}, which is not defined: call .network(${JSON.stringify(name)}) first.`,
      )
  return {
    ...made,
    networks: [...known.values()],
    endpoints: [
      ...made.endpoints,
      ...[...wanted].map(([network, options]) => ({
        ...endpointIntent(service, network, options),
        ...(reachableFrom.length === 0 ? {} : { reachableFrom }),
      })),
    ],
    ...(links.length === 0 ? {} : { links: [...(made.links ?? []), ...links.map(linkOf(service))] }),
    mappings: [
      ...made.mappings,
      ...ports.flatMap((port) => mappingsOf(service, port, [...wanted.keys()], known)),
    ],
  }
}

const linkOf =
  (service: string) =>
  ({ service: to, ports, ...rest }: ServiceLink): LinkIntent => {
    refuseUnknownOptions(rest, [], `a link of service ${service}, beside service and ports,`)
    if (!Array.isArray(ports))
      throw new InvalidRequestError(
        `ports of a link of service ${service} is ${shownValue(ports)}: expected a list such as [5432].`,
      )
    const exposed = (ports as ServiceLink['ports']).map((one) => {
      const { port, protocol } = typeof one === 'object' ? one : { port: one, protocol: undefined }
      return { protocol: requestedProtocol(protocol), ports: requestedPorts(port, 'a port of a link') }
    })
    const name = requestedName(to, 'a service')
    return { service, to: name, alias: name, exposed, place: null }
  }

const networksOf = (
  networks: ServiceOptions['networks'] = ['default'],
): ReadonlyMap<string, EndpointOptions> =>
  new Map(
    Array.isArray(networks)
      ? (networks as readonly string[]).map((name) => [name, {}])
      : Object.entries(networks as Readonly<Record<string, EndpointOptions>>),
  )

/**
 * Reads the options of an endpoint, as a program gives them.
 *
 * @throws InvalidRequestError naming the option
 * @example
 * endpointIntent('nginx', 'web', { ip: '172.17.0.10' }).ip // '172.17.0.10'
 * @public @since 0.1.0
 */
export const endpointIntent = (
  service: string,
  network: string,
  options: EndpointOptions,
): EndpointIntent => {
  checkOptions(options, endpointKinds, `the options of ${service} on network ${network}`)
  const { ip, ip6, mac } = options
  return {
    service,
    replica: 1,
    network,
    ip: fixedAddress(ip, 'ip'),
    ip6: fixedAddress(ip6, 'ip6'),
    mac: mac?.toLowerCase() ?? null,
    place: null,
  }
}

const fixedAddress = (address: AddressInput | null | undefined, option: 'ip' | 'ip6'): string | null => {
  if (address === undefined || address === null) return null
  const example = option === 'ip' ? '172.17.0.10' : 'fd00::10'
  if (!isAddress(address) || inputText(address).includes(':') !== (option === 'ip6'))
    throw new InvalidRequestError(
      `${option} is ${shownValue(address)}: expected an address such as ${example}.`,
    )
  return canonicalAddress(address)
}

const weightValue: ValueKind = {
  expected: 'a whole number, 1 or more',
  holds: (value) => Number.isInteger(value) && Number(value) >= 1,
}

const mappingsOf = (
  service: string,
  { port, network, weight, ...options }: ServicePort,
  networks: readonly string[],
  known: ReadonlyMap<string, NetworkIntent>,
): readonly MappingIntent[] => {
  const open = networks.find((name) => known.get(name)?.internal === false)
  const to = network ?? open ?? networks[0]
  if (to === undefined || !networks.includes(to))
    throw new InvalidRequestError(
      `a port of ${service} names network ${to ?? 'none'}, but ${service} is not on it.`,
    )
  refuseUnknownOptions(
    options,
    ['hostPort', 'protocol', 'hostAddress', 'interface', 'allowFrom'],
    `the options of a port of ${service}, beside port, network and weight,`,
  )
  if (weight !== undefined) checkArgument(weight, weightValue, `weight of a port of ${service}`)
  return mappingIntents(options, [{ service, network: to, port, weight }])
}
