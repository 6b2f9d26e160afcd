import { type DesiredNetwork, type DesiredState, replicaName } from '@portolan/core'
import { type AttachedEnd, insideAddresses, type LeasedEnd } from '@portolan/core/planning'
import { canonicalPrefix, families, type HostFacts, prefixContains } from '@portolan/netfilter'
import { type OwnBridge, ownBridges } from '../../live/networks/own-bridges.ts'
import { alsoDetached, attachAnew, attachCommand, type WrittenCommand } from './endpoint-commands.ts'

/** A change of an attached endpoint that its interface inside the container does not follow. */
interface Unfollowed {
  /** The end of a sentence that starts with the endpoint's name. */
  readonly what: string
  /** `again`: attaching the endpoint once more adds what is missing. `anew`: the endpoint has to be detached first. */
  readonly mend: 'again' | 'anew'
}

/**
 * Notes on attached endpoints whose interface inside does not follow the plan, with the commands that repair it.
 * Addresses that changed earlier are reported from the interface itself (`formerAddressNotes`).
 *
 * @param ends - the attached endpoints of the project
 * @param mendsPorts - interfaces that a bridge releases are put on the next bridge
 */
export const changedEndpointNotes = (
  { project, networks, endpoints }: DesiredState,
  ends: readonly LeasedEnd[],
  facts: HostFacts,
  written: WrittenCommand,
  mendsPorts: boolean,
): readonly string[] => {
  if (ends.length === 0) return []
  const bridges = ownBridges(facts)
  return ends.flatMap((end) => {
    const { mark } = end
    const network = networks.find(({ name, external }) => name === mark.network && !external)
    if (network === undefined) return []
    const endpoint = endpoints.find(
      (one) => one.network === mark.network && replicaName(one) === mark.endpoint,
    )
    const wanted =
      endpoint === undefined
        ? end.held.filter(({ planned }) => planned !== true).map(({ address }) => address)
        : [endpoint.ip, endpoint.ip6].flatMap((address) => address ?? [])
    if (wanted.length === 0) return []
    const bridge = bridges.find((one) => one.project === project && one.network === mark.network) ?? null
    const moved = addressChanges(end, wanted)
    // An endpoint that is detached and attached again gets every change.
    if (moved.some(({ mend }) => mend === 'anew')) return [noteOf(end, moved, written, ends)]
    const changes = [
      ...moved,
      ...(bridge === null ? [] : lengthChanges(wanted, network, bridge)),
      ...macChange(end, endpoint?.mac ?? null),
      ...(mendsPorts ? [] : bridgeChange(end, network)),
      ...(bridge === null ? [] : [...mtuChange(end, network, bridge), ...routerChanges(network, bridge)]),
    ]
    return changes.length === 0 ? [] : [noteOf(end, changes, written, ends)]
  })
}

const noteOf = (
  { mark }: LeasedEnd,
  changes: readonly Unfollowed[],
  written: WrittenCommand,
  ends: readonly AttachedEnd[],
): string => {
  const { project, network, endpoint } = mark
  const what = changes.map((one) => one.what).join('; it ')
  const how = changes.some(({ mend }) => mend === 'anew')
    ? `${attachAnew(mark, 'To mend it', written)}${alsoDetached(mark, ends)}`
    : `To mend it: \`${attachCommand(mark, written)}\` with the process or namespace that it was attached in.`
  return `Endpoint ${endpoint} of network ${project}/${network} is attached, and its interface does not follow this plan: it ${what}. ${how}`
}

/**
 * The changes of an endpoint's addresses. Empty when the leases match already: the interface inside may have been
 * repaired since.
 */
const addressChanges = (
  { inside, held, givenUp }: LeasedEnd,
  wanted: readonly string[],
): readonly Unfollowed[] => {
  const leased = held.map(({ address }) => address)
  if (leased.length === wanted.length && wanted.every((address) => leased.includes(address))) return []
  const known = held.length > 0 ? leased : givenUp.map(({ address }) => address)
  const has = inside.addresses === undefined ? known : insideAddresses(inside)
  if (has.length === 0) return []
  const missing = wanted.filter((address) => !has.includes(address))
  const former = has.filter((address) => !wanted.includes(address))
  const [gets, keeps] = [missing.join(' and '), former.join(' and ')]
  if (missing.length > 0 && former.length > 0)
    return [
      { what: `gets ${gets} and keeps ${keeps} inside, so packets to ${gets} arrive nowhere`, mend: 'anew' },
    ]
  if (former.length > 0)
    return [
      { what: `gives up ${keeps} and keeps it inside, so packets from there are dropped`, mend: 'anew' },
    ]
  return missing.length === 0
    ? []
    : [{ what: `gets ${gets} and lacks it inside, so packets to it arrive nowhere`, mend: 'again' }]
}

/** The change of an address that stays while its subnet gets another prefix length. */
const lengthChanges = (
  wanted: readonly string[],
  network: DesiredNetwork,
  { link }: OwnBridge,
): readonly Unfollowed[] =>
  wanted.flatMap((address): readonly Unfollowed[] => {
    const subnet = network[address.includes(':') ? 'ip6' : 'ip']?.subnet
    const former = (link.addresses ?? []).find(
      (text) => text.includes(':') === address.includes(':') && !text.toLowerCase().startsWith('fe80:'),
    )
    if (subnet === undefined || former === undefined) return []
    const [before, now] = [former, subnet].map((text) => text.split('/')[1])
    if (before === now || !prefixContains(canonicalPrefix(former), address)) return []
    return [
      {
        what: `keeps ${address}/${before} inside where the subnet becomes ${subnet}, so its routes are those of the former subnet`,
        mend: 'anew',
      },
    ]
  })

const macChange = ({ held }: LeasedEnd, wanted: string | null): readonly Unfollowed[] => {
  const [first] = held
  if (first === undefined || wanted === null || first.mac === wanted) return []
  return [{ what: `gets the MAC ${wanted} and keeps ${first.mac} inside`, mend: 'again' }]
}

const bridgeChange = ({ link }: LeasedEnd, { bridge }: DesiredNetwork): readonly Unfollowed[] => {
  if (link.master === undefined || link.master === bridge) return []
  const on = link.master === null ? 'is on no bridge' : `is on bridge ${link.master}`
  return [{ what: `${on} and belongs on ${bridge}, so it is cut off`, mend: 'again' }]
}

/**
 * The change of the MTU. An interface whose MTU differs from its bridge's was given that MTU on purpose and keeps it.
 */
const mtuChange = (
  { link }: LeasedEnd,
  { mtu }: DesiredNetwork,
  { link: bridge }: OwnBridge,
): readonly Unfollowed[] =>
  mtu === null || bridge.mtu === undefined || bridge.mtu === mtu || link.mtu !== bridge.mtu
    ? []
    : [
        {
          what: `keeps the MTU ${link.mtu} where the network gets ${mtu}, so larger packets than the smaller of the two are lost`,
          mend: 'anew',
        },
      ]

const routerChanges = (network: DesiredNetwork, bridge: OwnBridge): readonly Unfollowed[] => {
  if (network.internal) return []
  return families.flatMap((family): readonly Unfollowed[] => {
    const subnet = network[family]
    const gateway = subnet?.gateway ?? null
    if (subnet === null || gateway === null) return []
    const has = (bridge.link.addresses ?? [])
      .filter((text) => !text.toLowerCase().startsWith('fe80:') && text.includes(':') === (family === 'ip6'))
      .map((text) => text.split('/')[0] ?? '')
    if (bridge.internal)
      return [
        {
          what: `has no way out by ${gateway} inside if it was attached while the network was internal`,
          mend: 'again',
        },
      ]
    // A new family or another subnet is already reported as a change of addresses.
    if (has.length === 0 || has.includes(gateway)) return []
    return [
      {
        what: `sends by ${has.join(' and ')} inside where the gateway becomes ${gateway}, so it reaches nothing outside`,
        mend: 'again',
      },
    ]
  })
}
