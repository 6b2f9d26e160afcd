import { type Family, families, type HostFacts, type InterfaceFact } from '@portolan/netfilter'
import type { DesiredMapping, DesiredState } from '../contract/desired-state.ts'
import { outwardInterfaces, parseBridgeAlias } from '../contract/index.ts'
import { engineOfInterface } from '../engine/index.ts'
import type { Intent, IntentNote } from '../intent/index.ts'

/**
 * Notes ports that are published in one family, on a host where other machines can call addresses of the other family
 * only. An address may come later, so this is no error.
 * @internal
 */
export const noteMissingFamily = (
  intent: Intent,
  { mappings, networks }: DesiredState,
  facts: HostFacts,
): readonly IntentNote[] => {
  const [present, ...more] = familiesForOthers(facts)
  // A host without any address may get both families. The facts may also lack the addresses.
  if (present === undefined || more.length > 0) return []
  const missing = present === 'ip' ? 'ip6' : 'ip'
  const open = mappings.filter((mapping) => mapping.family === missing && isOpenEverywhere(mapping))
  if (open.length === 0) return []
  const served = new Set(mappings.filter(({ family }) => family === present).map(portOf))
  const dead = new Map<string, DesiredMapping[]>()
  for (const mapping of open) {
    if (served.has(portOf(mapping))) continue
    const [{ network }] = mapping.targets
    const of = dead.get(network)
    if (of === undefined) dead.set(network, [mapping])
    else of.push(mapping)
  }
  const withBoth = new Set(networks.flatMap((network) => (network[present] === null ? [] : [network.name])))
  return [...dead].flatMap(([network, [first, ...others]]) => {
    if (first === undefined) return []
    const [count, those] =
      others.length > 0 ? [` and ${others.length} more`, 'these ports'] : ['', 'that port']
    const why = `this host has no ${nameOf[missing]} address for other machines`
    const end = withBoth.has(network)
      ? `. Leave out the host address of ${those}.`
      : `, and network ${network} has no ${nameOf[present]}. Give that network ${nameOf[present]} (${keyOf[present]}).`
    return [
      {
        text: `No other machine reaches ${first.label}${count}: ${why}${end}`,
        place: placeOf(intent, first),
      },
    ]
  })
}

const nameOf = { ip: 'IPv4', ip6: 'IPv6' } as const

const keyOf = { ip: 'enable_ipv4', ip6: 'enable_ipv6' } as const

const isOpenEverywhere = ({ kind, hostAddress, interface: link, allowFrom }: DesiredMapping): boolean =>
  kind === 'nat' && hostAddress === null && link === null && allowFrom?.length !== 0

const portOf = ({ protocol, hostPort, targets: [{ network, service, replica }] }: DesiredMapping): string =>
  JSON.stringify([protocol, hostPort, network, service, replica])

const placeOf = ({ mappings }: Intent, { protocol, hostPort, targets: [target] }: DesiredMapping) =>
  mappings.find(
    (wish) =>
      wish.protocol === protocol &&
      wish.service === target.service &&
      wish.replica === target.replica &&
      wish.network === target.network &&
      (wish.hostPorts === null || (wish.hostPorts.first <= hostPort && hostPort <= wish.hostPorts.last)),
  )?.place ?? null

/** The families in which the host has an address that other machines may call. */
const familiesForOthers = (facts: HostFacts): readonly Family[] => {
  const { interfaces = [], routes = [] } = facts
  const outward = new Set(outwardInterfaces(facts))
  const inside = new Set(
    interfaces.flatMap((link) => (isForContainers(link, outward) ? [link.name ?? ''] : [])),
  )
  const found = new Set<Family>()
  const add = (text: string): void => {
    if (!isWithinHost(text)) found.add(text.includes(':') ? 'ip6' : 'ip')
  }
  for (const { name = '', addresses = [] } of interfaces) if (!inside.has(name)) addresses.forEach(add)
  // `ip route add local 203.0.113.0/24 dev lo` makes a host answer on every address of the prefix.
  for (const { type, destination, interface: link } of routes)
    if (type === 'local' && destination !== undefined && !inside.has(link ?? '')) add(destination)
  return families.filter((family) => found.has(family))
}

const isForContainers = ({ name = '', kind, alias }: InterfaceFact, outward: ReadonlySet<string>): boolean =>
  parseBridgeAlias(alias) !== null ||
  (!outward.has(name) && (kind === 'bridge' || engineOfInterface(name) !== null))

/** Matches loopback and link-local addresses, and the default routes of a transparent proxy, which name no address. */
const isWithinHost = (text: string): boolean => /^(127\.|::1(\/|$)|fe[89ab].:|default$)|\/0$/i.test(text)
