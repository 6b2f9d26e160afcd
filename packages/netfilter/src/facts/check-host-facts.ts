import { closestOf, InvalidRequestError } from '../error/index.ts'
import { shownValue } from '../error/shown-value.ts'
import {
  checkArgument,
  checkItems,
  flagValue,
  listValue,
  mayLack,
  nullOr,
  type OptionKinds,
  objectValue,
  partsValue,
  textsValue,
  textValue,
  type ValueKind,
  wholeValue,
  wordValue,
} from '../schema/check-options.ts'
import type {
  EngineNetworkFact,
  EnginePoolFact,
  FlowFact,
  HostFacts,
  InsideFact,
  InterfaceFact,
  NeighbourFact,
  NumberRangeFact,
  PeerFact,
  RouteFact,
  RoutingRuleFact,
  SocketFact,
  UsedAddressFact,
} from './host-facts.ts'

const isObject = objectValue('an object').holds
const list = (of: string): ValueKind => listValue(`a list of ${of}`, isObject)
const text = textValue()
const textOrNull = nullOr(text)

const kinds: OptionKinds<HostFacts> = {
  interfaces: list('interfaces'),
  routes: list('routes'),
  rules: list('routing rules'),
  neighbours: list('neighbours'),
  nameservers: textsValue,
  sockets: list('sockets'),
  flows: list('flows'),
  sysctls: objectValue('an object of texts'),
  networks: list('networks'),
  enginePools: list('pools'),
  machineId: text,
  unread: textsValue,
}
const known = Object.keys(kinds)

const partsOf = <Fact>(expected: string, parts: OptionKinds<Fact>): ValueKind =>
  partsValue(expected, mayLack(parts))

const range = partsOf<NumberRangeFact>('a range such as { first: 1, last: 9 }', {
  first: wholeValue,
  last: wholeValue,
})
const peer = partsOf<PeerFact>('a peer', { address: text, peer: text })
const used = partsOf<UsedAddressFact>('an address', { address: text, by: text })
const protocol = wordValue(['tcp', 'udp', 'sctp'])

const interfaceKinds = mayLack<InterfaceFact>({
  name: text,
  index: wholeValue,
  up: flagValue,
  kind: text,
  master: textOrNull,
  mtu: wholeValue,
  mac: text,
  hairpin: flagValue,
  isolated: flagValue,
  nfCallIptables: flagValue,
  nfCallIp6tables: flagValue,
  alias: text,
  addresses: textsValue,
  peers: listValue('a list of addresses with their peers', peer.holds),
  inside: partsOf<InsideFact>('an object such as { mac, addresses }', { mac: text, addresses: textsValue }),
  autoconfigured: flagValue,
})

const routeKinds = mayLack<RouteFact>({
  destination: text,
  gateway: textOrNull,
  interface: textOrNull,
  table: wholeValue,
  type: text,
  scope: text,
  metric: wholeValue,
  tos: wholeValue,
  source: textOrNull,
  protocol: text,
})

const mayBeText = (value: unknown): boolean => value === undefined || typeof value === 'string'
const mayBeTextOrNull = (value: unknown): boolean => value === null || mayBeText(value)
const mayBeWhole = (value: unknown): boolean => value === undefined || Number.isInteger(value)

/** The test of `routeKinds` with each key written out: a million routes take 120 ms this way, and 350 ms otherwise. */
const isRoute = (route: Readonly<Partial<Record<keyof RouteFact, unknown>>>): boolean =>
  mayBeText(route.destination) &&
  mayBeTextOrNull(route.gateway) &&
  mayBeTextOrNull(route.interface) &&
  mayBeWhole(route.table) &&
  mayBeText(route.type) &&
  mayBeText(route.scope) &&
  mayBeWhole(route.metric) &&
  mayBeWhole(route.tos) &&
  mayBeTextOrNull(route.source) &&
  mayBeText(route.protocol)

const ruleKinds = mayLack<RoutingRuleFact>({
  family: wordValue(['ip', 'ip6']),
  priority: wholeValue,
  table: wholeValue,
  from: textOrNull,
  to: textOrNull,
  in: textOrNull,
  out: textOrNull,
  mark: wholeValue,
  mask: wholeValue,
  action: text,
  invert: flagValue,
  suppressPrefixLength: wholeValue,
  gotoPriority: wholeValue,
  protocol: wholeValue,
  sourcePorts: range,
  destinationPorts: range,
  users: range,
  dscp: wholeValue,
  other: textsValue,
})

const flowKinds = mayLack<FlowFact>({
  protocol,
  source: text,
  sourcePort: wholeValue,
  destination: text,
  destinationPort: wholeValue,
  answeredBy: partsOf<NonNullable<FlowFact['answeredBy']>>('an object such as { address, port }', {
    address: text,
    port: wholeValue,
  }),
})

const networkKinds = mayLack<EngineNetworkFact>({
  engine: text,
  name: text,
  subnets: textsValue,
  bridge: text,
  gateways: textsValue,
  ranges: textsValue,
  used: listValue('a list of addresses with what has them', used.holds),
  file: text,
  own: partsValue<NonNullable<EngineNetworkFact['own']>>('an object such as { project, network }', {
    project: text,
    network: text,
  }),
})

/** Facts that are lists of objects. */
type Lists = Pick<
  HostFacts,
  'interfaces' | 'routes' | 'rules' | 'neighbours' | 'sockets' | 'flows' | 'networks' | 'enginePools'
>

const items: {
  readonly [List in keyof Required<Lists>]: OptionKinds<NonNullable<Lists[List]>[number]>
} = {
  interfaces: interfaceKinds,
  routes: routeKinds,
  rules: ruleKinds,
  neighbours: mayLack<NeighbourFact>({ address: text, interface: text, state: text }),
  sockets: mayLack<SocketFact>({
    protocol,
    address: text,
    port: wholeValue,
    process: text,
    v6only: flagValue,
    interface: textOrNull,
  }),
  flows: flowKinds,
  networks: networkKinds,
  enginePools: mayLack<EnginePoolFact>({ engine: text, base: text, size: wholeValue, file: text }),
}

/** Lists that passed the check, with their key and length. The facts of one host go from search to search. */
const checked = new WeakMap<object, string>()

/**
 * Refuses invalid facts of a calling program: a value of another kind, or a misspelt key, which would lose its facts in
 * silence. Any other unknown key is of a later version, and is ignored. Addresses and names are not read: a host has up
 * to a million routes, and `parseHostFacts` has checked those of a file.
 *
 * @param what - `the facts`
 * @throws InvalidRequestError naming the place: `interfaces[0].name in the facts is 7`
 */
export const checkHostFacts = (facts: unknown, what: string): void => {
  checkArgument(facts, objectValue('an object such as readHost() gives'), what)
  const given = facts as Readonly<Record<string, unknown>>
  for (const key of Object.keys(given)) {
    const meant = known.includes(key) ? null : closestOf(key, known)
    if (meant !== null)
      throw new InvalidRequestError(
        `${what} have no ${shownValue(key)}: expected some of ${known.join(', ')}. Did you mean ${shownValue(meant)}?`,
      )
  }
  for (const [key, kind] of Object.entries<ValueKind>(kinds)) {
    const value = given[key]
    if (value === undefined || isChecked(value, key)) continue
    checkArgument(value, kind, `${key} in ${what}`)
    const parts = (items as Readonly<Record<string, OptionKinds<object>>>)[key]
    if (parts === undefined) continue
    const list = value as readonly object[]
    if (key !== 'routes' || !list.every(isRoute)) checkItems(list, parts, key, what)
    checked.set(list, lookedAt(key, list))
  }
}

const lookedAt = (key: string, { length }: readonly unknown[]): string => `${length} ${key}`

const isChecked = (value: unknown, key: string): boolean =>
  Array.isArray(value) && checked.get(value) === lookedAt(key, value)
