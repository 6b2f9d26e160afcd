import { type DesiredParentedNetwork, type LeaseState, replicaName } from '@portolan/core'
import { canonicalAddress, type HostFacts, type Packet, visibleLine } from '@portolan/netfilter'
import { heldOn } from '../../live/attachments/held-addresses.ts'
import { parentedLines } from '../../status/attached-lines.ts'

/** An endpoint on a network on an interface of the host, in one family. */
interface Child {
  readonly address: string
  readonly name: string
  readonly network: string
  readonly driver: string
  readonly parent: string
}

/**
 * Tells of a packet between the host and one of its own containers on a network of macvlan or ipvlan. No rule shows
 * that it is lost: it leaves by the parent, which hands it to no child of its own.
 *
 * @param parented - the networks of a Compose file
 * @returns null: the packet is none of these
 */
export const explainChildren = (
  packet: Packet,
  facts: HostFacts,
  leases: LeaseState | null,
  parented: readonly DesiredParentedNetwork[],
): string | null => {
  const children = [...ofIntent(parented), ...(leases === null ? [] : ofLeases(facts, leases))]
  const source = addressText(packet.source)
  const destination = addressText(packet.destination)
  const own = new Set(
    (facts.interfaces ?? []).flatMap(({ addresses = [] }) =>
      addresses.map((text) => canonicalAddress(text.split('/')[0] ?? '')),
    ),
  )
  const isFromHost = (packet.in ?? null) === null || (source !== null && own.has(source))
  const child = children.find(
    ({ address }) =>
      (isFromHost && address === destination) ||
      (address === source && destination !== null && own.has(destination)),
  )
  if (child === undefined) return null
  const { name, network, driver, parent, address } = child
  return visibleLine(
    `${address} is ${name} of network ${network}, a ${driver} on ${parent}. This host and its own containers on ${parent} do not reach one another there, whatever its rules say. To reach ${name} from here, put it on a second network, one with a bridge.`,
  )
}

const addressText = (address: string | null | undefined): string | null =>
  address === null || address === undefined ? null : canonicalAddress(address)

const ofIntent = (parented: readonly DesiredParentedNetwork[]): readonly Child[] =>
  parented.flatMap(({ name: network, parent, driver, endpoints }) =>
    endpoints.flatMap((endpoint) =>
      [endpoint.ip, endpoint.ip6].flatMap((address) =>
        address === null
          ? []
          : [{ address, name: replicaName(endpoint), network, driver: driver.kind, parent }],
      ),
    ),
  )

const ofLeases = (facts: HostFacts, leases: LeaseState): readonly Child[] =>
  parentedLines(facts, leases).flatMap(({ project, name, driver, parent }) =>
    heldOn(leases, { project, network: name }).map(({ address, holder }) => ({
      ...{ address, name: replicaName(holder), network: `${project}/${name}`, driver, parent },
    })),
  )
