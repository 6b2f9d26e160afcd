import { type BridgeMark, iccKeeper, parseBridgeAlias } from '@portolan/core'
import {
  containsAddress,
  type HostFacts,
  type InterfaceFact,
  InvalidRequestError,
  type Prefix,
  parseAddress,
  parseInterfaceAddress,
  prefixAround,
  visibleLine,
} from '@portolan/netfilter'

/** A bridge of Portolan as it is on the host. */
export interface OwnBridge extends BridgeMark {
  readonly name: string
  readonly link: InterfaceFact
  readonly subnets: readonly Prefix[]
}

export const ownBridges = ({ interfaces }: HostFacts): readonly OwnBridge[] =>
  (interfaces ?? []).flatMap((link) => {
    const mark = parseBridgeAlias(link.alias)
    return mark === null || link.name === undefined
      ? []
      : [{ ...mark, name: link.name, link, subnets: subnetsOf(link) }]
  })

const subnetsOf = ({ addresses = [] }: InterfaceFact): readonly Prefix[] =>
  addresses
    .filter((text) => !text.startsWith('fe80:'))
    .map((text) => {
      const { address, length } = parseInterfaceAddress(text)
      return prefixAround(address, length)
    })

/**
 * A cache of the bridges found for addresses, one for each reading of the host: most ports lead to the same few
 * addresses.
 */
const held = new WeakMap<readonly OwnBridge[], Map<string, OwnBridge>>()
/** The most addresses in the cache of one reading. */
const MOST = 10_000

/** The bridge with a subnet that contains an address; null: none. */
export const bridgeHolding = (bridges: readonly OwnBridge[], address: string): OwnBridge | null => {
  const known = held.get(bridges) ?? new Map<string, OwnBridge>()
  const before = known.get(address)
  if (before !== undefined) return before
  const wanted = parseAddress(address)
  const found = bridges.find(({ subnets }) => subnets.some((subnet) => containsAddress(subnet, wanted)))
  if (found === undefined) return null
  if (known.size === MOST) known.clear()
  held.set(bridges, known.set(address, found))
  return found
}

/**
 * The bridge of a network, named as `network`, `project/network` or the bridge's own name.
 *
 * @param others - networks without a bridge, as `project/network`, that the caller may have meant
 * @throws InvalidRequestError when there is none, or more than one
 */
export const bridgeOf = (
  bridges: readonly OwnBridge[],
  wanted: string,
  others: readonly string[] = [],
): OwnBridge => {
  const found = bridges.filter(({ project, network, name }) =>
    [network, `${project}/${network}`, name].includes(wanted),
  )
  const [first, second] = found
  if (first === undefined) {
    const known = [...bridges.map(({ project, network }) => `${project}/${network}`), ...others]
    throw new InvalidRequestError(
      `there is no network "${visibleLine(wanted)}" of ours on this host${known.length === 0 ? '' : ` (there are ${known.join(', ')})`}. Apply a plan that has it first; that of a Compose file has the networks that services are on.`,
    )
  }
  if (second !== undefined) {
    throw new InvalidRequestError(
      `several projects have a network "${visibleLine(wanted)}": say which, as ${found.map(({ project, network }) => `${project}/${network}`).join(' or ')}.`,
    )
  }
  return first
}

/**
 * Tells whether a new port of a bridge with icc off is to be isolated: only if isolation is what keeps its containers
 * apart once the port is there. `iccKeeper` decides that.
 */
export const isolates = ({ name, linked }: OwnBridge, port: string, facts: HostFacts): boolean => {
  const others = (facts.interfaces ?? []).filter((link) => link.name !== port)
  const coming = { name: port, master: name, isolated: true }
  return iccKeeper(name, { ...facts, interfaces: [...others, coming] }, linked) === 'isolation'
}
