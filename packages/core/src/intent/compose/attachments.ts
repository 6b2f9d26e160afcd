import type { SourcePosition } from '@portolan/netfilter'
import { readMac } from './names.ts'
import type { ReadNetwork } from './networks.ts'
import { type Reading, readInteger, readText, readTexts, type Value } from './reading.ts'
import { readStaticAddress } from './static-address.ts'
import { asMap, entriesOf, getGiven, type MapTree, onlyKeys, refuse, type Tree } from './tree.ts'

/** One network of one service. */
export interface Attachment {
  readonly network: ReadNetwork
  readonly ip: string | null
  readonly ip6: string | null
  readonly mac: string | null
  readonly gatewayPriority: number
  readonly priority: number
  readonly place: SourcePosition
}

const known = [
  'aliases',
  'driver_opts',
  'gw_priority',
  'interface_name',
  'ipv4_address',
  'ipv6_address',
  'link_local_ips',
  'mac_address',
  'priority',
]
const priorities = [-(2 ** 31), 2 ** 31 - 1] as const

/** Finds a network by its key. */
export type FindNetwork = (name: string) => ReadNetwork | undefined

/** Reads `networks` of a service, in either form. Without the key the service is on network `default`. */
export const readAttachments = (
  reading: Reading,
  service: MapTree,
  name: string,
  place: SourcePosition,
  find: FindNetwork,
): readonly Attachment[] => {
  const what = `services.${name}`
  const written = getGiven(service, 'networks', what)
  const named = namesOf(reading, written, `${what}.networks`)
  const attachments = (named.length === 0 ? [{ network: 'default', place, options: null }] : named).flatMap(
    (item) => readAttachment(reading, item, what, find) ?? [],
  )
  return withServiceMac(
    attachments,
    readText(reading, getGiven(service, 'mac_address', what), `${what}.mac_address`),
    what,
  )
}

interface Named {
  readonly network: string
  readonly place: SourcePosition
  readonly options: Tree | null
}

const namesOf = (reading: Reading, tree: Tree | null, what: string): readonly Named[] => {
  if (tree?.kind === 'map')
    return entriesOf(tree).map(([network, entry]) => ({
      network,
      place: entry.keyPlace,
      options: entry.value,
    }))
  if (tree?.kind === 'scalar')
    return refuse(tree.place, `${what}: expected a list or a mapping of networks, found "${tree.text}"`)
  const values = readTexts(reading, tree, what).map(({ text, place }) => ({
    network: text,
    place,
    options: null,
  }))
  return values.filter(
    ({ network }, index) => values.findIndex((other) => other.network === network) === index,
  )
}

const readAttachment = (
  reading: Reading,
  named: Named,
  service: string,
  find: FindNetwork,
): Attachment | null => {
  const what = `${service}.networks.${named.network}`
  const network = find(named.network)
  if (network === undefined)
    return refuse(
      named.place,
      `${service}: no network is called "${named.network}": expected it under the top-level \`networks\``,
    )
  // A note at the network says that Portolan does not build it.
  if (network.build.kind === 'elsewhere') return null
  const options = asMap(named.options, what)
  if (options !== null) onlyKeys(options, known, what)
  const text = (key: string): Value | null =>
    readText(reading, getGiven(options, key, what), `${what}.${key}`)
  const mac = text('mac_address')
  return {
    network,
    ip: readStaticAddress(text('ipv4_address'), 'ip', network, `${what}.ipv4_address`),
    ip6: readStaticAddress(text('ipv6_address'), 'ip6', network, `${what}.ipv6_address`),
    mac: mac === null ? null : readMac(mac, `${what}.mac_address`),
    gatewayPriority:
      readInteger(reading, getGiven(options, 'gw_priority', what), `${what}.gw_priority`, priorities) ?? 0,
    priority: readInteger(reading, getGiven(options, 'priority', what), `${what}.priority`, priorities) ?? 0,
    place: named.place,
  }
}

/** A MAC of the service goes to its network with the highest `priority` (Compose Specification, 05-services). */
const withServiceMac = (
  attachments: readonly Attachment[],
  value: Value | null,
  what: string,
): readonly Attachment[] => {
  if (value === null || value.text === '') return attachments
  const mac = readMac(value, `${what}.mac_address`)
  const [first] = attachments.toSorted(
    (a, b) => b.priority - a.priority || (a.network.intent.name < b.network.intent.name ? -1 : 1),
  )
  if (first?.mac !== null && first?.mac !== undefined && first.mac !== mac)
    refuse(
      value.place,
      `${what}: \`mac_address\` here and at networks.${first.network.intent.name} differ: keep one of them`,
    )
  return attachments.map((attachment) => (attachment === first ? { ...attachment, mac } : attachment))
}
