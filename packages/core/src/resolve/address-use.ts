import type { EngineNetworkFact, HostFacts } from '@portolan/netfilter'
import {
  bitsOf,
  canonicalAddress,
  containsAddress,
  formatPrefix,
  type Prefix,
  parseAddress,
  parseHostOrPrefix,
  parsePrefix,
  prefixesOverlap,
  rangePrefixes,
  subtractPrefixes,
} from '@portolan/netfilter'
import { engineOfInterface } from '../engine/index.ts'
import type { ExternalNetwork } from './external-network.ts'

/**
 * The known addresses on an external network with a foreign bridge. Its engine gives addresses to its own containers,
 * and does not know the addresses that Portolan gives.
 * @public @since 0.1.0
 */
export interface AddressUse {
  readonly bridge: string
  /** The engine that the bridge belongs to, by its files or by the bridge's name; null: not known. */
  readonly engine: string | null
  /** Are all addresses in use known? They are if the engine has records, or if the bridge has no port. */
  readonly isKnown: boolean
  /** May the engine give the address to a container later? */
  isHandedOut(address: string): boolean
  /** The program or container that the engine's records name for an address; null: the address is not in them. */
  holderOf(address: string): string | null
  isTaken(address: string): boolean
  /** The parts of a subnet in which to pick, best first; null: the whole subnet. */
  parts(subnet: string): readonly (string | null)[]
}

/**
 * @param translated - addresses to which rules of other programs translate a destination
 * @param own - addresses to which this project's own rules lead: a neighbour there is the project's container
 * @internal
 */
export const addressUse = (
  { network: { bridge }, engines }: ExternalNetwork,
  facts: HostFacts,
  translated: ReadonlySet<string>,
  own: ReadonlySet<string>,
): AddressUse => {
  const records = engines.flatMap(({ used }) => used ?? [])
  const holders = new Map(
    records.flatMap(({ address, by }) =>
      address === undefined ? [] : [[canonicalAddress(address), by ?? 'a container'] as const],
    ),
  )
  const seen = new Set([
    ...engines.flatMap(({ gateways }) => gateways ?? []).map((gateway) => canonicalAddress(gateway)),
    ...neighboursOn(bridge, facts).filter((address) => !own.has(address)),
    ...addressesOf(bridge, facts),
  ])
  const ranges = engines.flatMap(rangesOf)
  // libvirt hands out addresses only by DHCP, which has ranges (formatnetwork.html, `<dhcp>`).
  const isByRangesAlone = engines.length > 0 && engines.every(({ engine }) => engine === 'libvirt')
  const hasPorts = (facts.interfaces ?? []).some(({ master }) => master === bridge)
  const isRecorded = engines.some(({ used }) => used !== undefined)
  return {
    bridge,
    engine: engines[0]?.engine ?? engineOfInterface(bridge),
    isKnown: isRecorded || !hasPorts,
    isHandedOut: (address) => {
      const { family } = parseAddress(address)
      const ofFamily = ranges.filter((range) => range.family === family)
      if (ofFamily.length === 0) return !isByRangesAlone
      return ofFamily.some((range) => containsAddress(range, parseAddress(address)))
    },
    holderOf: (address) => holders.get(address) ?? null,
    isTaken: (address) => holders.has(address) || seen.has(address) || translated.has(address),
    parts: (subnet) => (isRecorded ? [...partsBeside(parsePrefix(subnet), ranges), null] : [null]),
  }
}

const neighboursOn = (bridge: string, { neighbours = [] }: HostFacts): readonly string[] =>
  neighbours.flatMap(({ address, interface: device }) =>
    device === bridge && address !== undefined ? [canonicalAddress(address)] : [],
  )

const addressesOf = (bridge: string, { interfaces = [] }: HostFacts): readonly string[] =>
  interfaces
    .filter(({ name }) => name === bridge)
    .flatMap(({ addresses = [] }) => addresses.map((text) => canonicalAddress(text.split('/')[0] ?? '')))

const rangesOf = ({ ranges = [] }: EngineNetworkFact): readonly Prefix[] =>
  ranges.flatMap((text) => {
    const [first = '', last] = text.split('-')
    return last === undefined
      ? [parseHostOrPrefix(first)]
      : rangePrefixes(parseAddress(first), parseAddress(last))
  })

/** The fewest host bits that make a subnet worth dividing. */
const fewestBits = 3

/**
 * The parts of a subnet beside the engine's. First come the addresses that the engine does not hand out. Then comes the
 * upper half, which engines reach last: Docker takes the lowest free address, and Podman and CNI go on from the last
 * one they gave.
 */
const partsBeside = (subnet: Prefix, ranges: readonly Prefix[]): readonly string[] => {
  if (bitsOf(subnet) - subnet.length < fewestBits) return []
  const inside = ranges.filter((range) => prefixesOverlap(range, subnet))
  const left = inside.length === 0 ? [] : subtractPrefixes(subnet, inside)
  const lowerHalf: Prefix = { ...subnet, length: subnet.length + 1 }
  return [...left, ...subtractPrefixes(subnet, [lowerHalf])].map(formatPrefix)
}
