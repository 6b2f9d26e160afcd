import { containsPrefix, formatPrefix, type HostFacts, IntentError, parsePrefix } from '@portolan/netfilter'
import { checkInterfaceName } from '../contract/check-name.ts'
import type { DesiredNetwork } from '../contract/desired-state.ts'
import { parseBridgeAlias } from '../contract/index.ts'
import type { IntentNote, ReachableIntent } from '../intent/index.ts'
import { noteInterface } from './note-interface.ts'

/** An entry of `reachable_from`, with the networks where it applies. */
interface Named extends ReachableIntent {
  /** `db`, `network front`. */
  readonly name: string
  readonly places: readonly { readonly network: DesiredNetwork }[]
}

/**
 * Prefixes from which the kernel forwards nothing (net/ipv4/route.c `ip_route_input_slow`, net/ipv6/ip6_output.c
 * `ip6_forward`).
 */
const neverForwarded = [
  ...['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4'],
  ...['::/127', 'fe80::/10', 'ff00::/8'],
].map((text) => parsePrefix(text))

const isNeverForwarded = (text: string): boolean =>
  neverForwarded.some((source) => containsPrefix(source, parsePrefix(text)))

const wholeWorld: readonly string[] = ['0.0.0.0/0', '::/0']

/** Is a prefix part of the network's own subnet? */
const isInside = (text: string, network: DesiredNetwork): boolean => {
  const prefix = parsePrefix(text)
  const subnet = network[prefix.family]
  return subnet !== null && containsPrefix(parsePrefix(subnet.subnet), prefix)
}

/**
 * Does a source let nothing in? `checkOpeningSource` says so in a note. Packets of a bridge port come in by the bridge.
 * Packets of other machines with a source inside the network itself are forged. From some sources the kernel forwards
 * no packet.
 * @internal
 */
export const opensNothing = (
  from: ReachableIntent['from'],
  network: DesiredNetwork,
  { interfaces = [] }: HostFacts,
): boolean => {
  if (from.kind === 'prefix') return isInside(from.prefix, network) || isNeverForwarded(from.prefix)
  return (
    from.kind === 'interface' && interfaces.some(({ name, master }) => name === from.name && master != null)
  )
}

/**
 * Refuses a source that would open to something else than it says, and notes one that opens more or less than it seems
 * to.
 *
 * @throws IntentError naming the interface
 * @internal
 */
export const checkOpeningSource = (
  { name: named, from, place, places }: Named,
  networks: ReadonlyMap<string, DesiredNetwork>,
  facts: HostFacts,
): readonly IntentNote[] => {
  const what = `reachable_from of ${named}`
  if (from.kind === 'interface') {
    const { name } = from
    checkInterfaceName(name, `an interface in ${what}`, place)
    if (name === 'lo')
      throw new IntentError(
        `${what} names the interface lo: no other machine comes in by it, and the host itself reaches every container`,
        place,
      )
    const own = [...networks.values()].find(({ bridge }) => bridge === name)
    if (own !== undefined)
      throw new IntentError(
        `${what} names ${name}, the bridge of network ${own.name}: name the network`,
        place,
      )
    const owner = parseBridgeAlias(facts.interfaces?.find((link) => link.name === name)?.alias)
    if (owner !== null)
      throw new IntentError(
        `${what} names ${name}, the bridge of network ${owner.network} of project ${owner.project}: containers of other projects cannot be named`,
        place,
      )
    return noteInterface(name, { what, effect: 'nothing is opened', place }, facts)
  }
  if (from.kind !== 'prefix') return []
  const prefix = parsePrefix(from.prefix)
  const { family } = prefix
  if (places.every(({ network }) => network[family] === null))
    return [...new Set(places.map(({ network }) => network))].map(({ name }) => ({
      text: `${what}: ${from.prefix} is not let in there: network ${name} has no ${family === 'ip' ? 'IPv4' : 'IPv6'} subnet. Give it one${family === 'ip' ? '' : ' (enable_ipv6)'}, or leave the prefix out.`,
      place,
    }))
  if (wholeWorld.includes(from.prefix))
    return [
      { text: `${what}: ${from.prefix} opens every port of it to every machine with a route here.`, place },
    ]
  if (isNeverForwarded(from.prefix))
    return [
      {
        text: `${what}: ${from.prefix} opens nothing: the kernel forwards no packet with such a source. The host itself reaches every container. Leave it out.`,
        place,
      },
    ]
  const inside = places.flatMap(({ network }) => (isInside(from.prefix, network) ? [network] : []))
  return [...new Set(inside)].map(({ name }) => ({
    text: `${what}: ${formatPrefix(prefix)} is of network ${name} itself, so it opens nothing: a packet of another machine with such a source is forged, and stays dropped. Name containers by their service or network.`,
    place,
  }))
}
