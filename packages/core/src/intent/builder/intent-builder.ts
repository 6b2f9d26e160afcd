import { type AddressInput, canonicalAddress, InvalidRequestError, inputText } from '@portolan/netfilter'
import type { EndpointIntent, Intent, MappingIntent, NetworkIntent } from '../intent.ts'
import { isProjectName, projectNameRule } from '../project-name.ts'
import { type NetworkOptions, networkIntent } from './network-options.ts'
import { isAddress, mappingIntents, type PortOptions, type PortsInput, shownValue } from './port-options.ts'
import { refuseUnknownOptions } from './requested-options.ts'

/**
 * What is fixed of an endpoint; what is absent is leased or derived.
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
  /** The container's port, or as many ports as the host's side has. */
  readonly port: PortsInput
  /** The network whose address it leads to; the first of the service's that is not internal unless told. */
  readonly network?: string
  /** A share of a host port that several services serve, 1 or more. */
  readonly weight?: number
}

/**
 * What a program says of a service.
 * @public @since 0.1.0
 */
export interface ServiceOptions {
  /** By name, or by name with what is fixed there. Absent: `default`, as in Compose. */
  readonly networks?: readonly string[] | Readonly<Record<string, EndpointOptions>>
  readonly ports?: readonly ServicePort[]
}

/**
 * An intent that says how it goes on. A value: each call gives another one, and leaves it as it was.
 * @public @since 0.1.0
 */
export interface IntentBuilder extends Intent {
  /** The intent with a network more, or with that network said anew. */
  network(name: string, options?: NetworkOptions): IntentBuilder
  /**
   * The intent with a service more.
   * @throws InvalidRequestError for a network that the intent does not have, and what cannot be read
   */
  service(name: string, options?: ServiceOptions): IntentBuilder
}

/**
 * An intent without a file: what a Compose file says, said by a program. Hand it to `plan` as it is.
 *
 * @param project - as `Intent` has it
 * @throws InvalidRequestError for what cannot name a project
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
    return builderOf({ ...made, networks: [...others, networkIntent(name, options)] })
  },
  service: (name, options = {}) => builderOf(withService(made, name, options)),
})

const withService = (made: Intent, service: string, { networks, ports = [] }: ServiceOptions): Intent => {
  if (made.endpoints.some((endpoint) => endpoint.service === service))
    throw new InvalidRequestError(`service ${service} is there already: give another one another name.`)
  const wanted = networksOf(networks)
  const known = new Map(made.networks.map((network) => [network.name, network]))
  if (wanted.has('default') && !known.has('default')) known.set('default', networkIntent('default', {}))
  for (const name of wanted.keys())
    if (!known.has(name))
      throw new InvalidRequestError(
        `service ${service} is to be on network ${name}, which is not there: say .network(${JSON.stringify(name)}) first.`,
      )
  return {
    ...made,
    networks: [...known.values()],
    endpoints: [
      ...made.endpoints,
      ...[...wanted].map(([network, options]) => endpointIntent(service, network, options)),
    ],
    mappings: [
      ...made.mappings,
      ...ports.flatMap((port) => mappingsOf(service, port, [...wanted.keys()], known)),
    ],
  }
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
 * An endpoint as a program asks for it.
 *
 * @throws InvalidRequestError naming the option
 * @example
 * endpointIntent('nginx', 'web', { ip: '172.17.0.10' }).ip // '172.17.0.10'
 * @public @since 0.1.0
 */
export const endpointIntent = (
  service: string,
  network: string,
  { ip, ip6, mac }: EndpointOptions,
): EndpointIntent => ({
  service,
  replica: 1,
  network,
  ip: fixedAddress(ip, 'ip'),
  ip6: fixedAddress(ip6, 'ip6'),
  mac: mac?.toLowerCase() ?? null,
  place: null,
})

const fixedAddress = (address: AddressInput | null | undefined, option: 'ip' | 'ip6'): string | null => {
  if (address === undefined || address === null) return null
  const example = option === 'ip' ? '172.17.0.10' : 'fd00::10'
  if (!isAddress(address) || inputText(address).includes(':') !== (option === 'ip6'))
    throw new InvalidRequestError(
      `${option} is ${shownValue(address)}: expected an address such as ${example}.`,
    )
  return canonicalAddress(address)
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
      `a port of ${service} is to lead to network ${to ?? 'none'}, which ${service} is not on.`,
    )
  refuseUnknownOptions(
    options,
    ['hostPort', 'protocol', 'hostAddress', 'interface', 'allowFrom'],
    `the options of a port of ${service}, beside port, network and weight,`,
  )
  return mappingIntents(options, [{ service, network: to, port, weight }])
}
