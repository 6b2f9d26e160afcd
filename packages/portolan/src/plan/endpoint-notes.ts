import {
  type DesiredState,
  type EndpointMark,
  type LeaseState,
  leasedSubnets,
  listLeases,
  replicaName,
} from '@portolan/core'
import { type AttachedEnd, attachedEnds } from '@portolan/core/planning'
import { type HostFacts, shellLine } from '@portolan/netfilter'
import { attachedPorts } from '../live/attachments/attached-ports.ts'
import { heldBy } from '../live/attachments/held-addresses.ts'

/** How a command of `portolan` is written. */
type Written = (command: string) => string

const asItIs: Written = (command) => command

/** What these notes are told from, of what a plan is made from. */
interface NotedInput {
  readonly intent: { readonly project: string }
  readonly facts: HostFacts
  readonly leases: LeaseState | null
  readonly isLive?: boolean
  readonly ownCommand?: Written
}

/** Endpoints that `attach` made, where a plan leaves them without what they have. A live host tells of its own. */
export const endpointNotes = (
  { intent: { project }, facts, leases, isLive = false, ownCommand }: NotedInput,
  { networks }: DesiredState,
): readonly string[] =>
  leases === null || isLive
    ? []
    : [
        ...cutEndpointNotes(project, networks, facts, leases, ownCommand),
        ...formerAddressNotes(facts, leases, (mark) => mark.project === project, ownCommand),
      ]

/**
 * Endpoints that `attach` put on networks which a project no longer has: their interfaces go with the network, and their
 * addresses stay leased, with the subnet around them. No other part of a plan names the command that frees them.
 */
export const cutEndpointNotes = (
  project: string,
  networks: readonly { readonly name: string }[],
  facts: HostFacts,
  leases: LeaseState,
  written: Written = asItIs,
): readonly string[] => {
  const kept = new Set(networks.map(({ name }) => name))
  const subnets = leasedSubnets(leases).filter(
    (lease) => lease.project === project && !kept.has(lease.network),
  )
  // Mostly none went, and the addresses of a host are many.
  if (subnets.length === 0) return []
  const attached = attachedPorts(facts).map(({ mark }) => mark)
  const held = listLeases(leases).flatMap((lease) =>
    lease.kind === 'address' &&
    lease.released === null &&
    lease.planned !== true &&
    lease.holder.project === project &&
    lease.on.project === project &&
    !kept.has(lease.on.network)
      ? [{ endpoint: replicaName(lease.holder), network: lease.on.network, address: lease.address }]
      : [],
  )
  const ends = new Map(held.map((one) => [`${one.network} ${one.endpoint}`, one]))
  return [...ends.values()].map(({ endpoint, network }) => {
    const addresses = held
      .filter((one) => one.endpoint === endpoint && one.network === network)
      .map(({ address }) => address)
    const around = subnets.filter((one) => one.network === network).map(({ subnet }) => subnet)
    const isUp = attached.some(
      (mark) => mark.project === project && mark.endpoint === endpoint && mark.network === network,
    )
    const fate = isUp
      ? 'is attached to a network that the project no longer has. Its interface goes with the network'
      : 'was attached to a network that the project no longer has, and has no interface there'
    const detach = written(shellLine(['portolan', 'detach', endpoint, '-p', project]))
    return `Endpoint ${endpoint} of network ${project}/${network} ${fate}. ${addresses.join(' and ')} ${addresses.length === 1 ? 'stays' : 'stay'} leased to it, so ${around.join(' and ')} ${around.length > 1 ? 'stay' : 'stays'} leased to the network. To free them: \`${detach}\`, and then apply the project again.`
  })
}

/** The host's ends of endpoints on networks that got another subnet: what was attached before may have a former address. */
export const movedEnds = (facts: HostFacts, leases: LeaseState): readonly AttachedEnd[] => {
  const moved = new Set(
    leasedSubnets(leases).flatMap(({ project, network, movedFrom }) =>
      movedFrom === null ? [] : [`${project}/${network}`],
    ),
  )
  return moved.size === 0
    ? []
    : attachedEnds(facts).filter(({ mark }) => moved.has(`${mark.project}/${mark.network}`))
}

/** What of these ends has another address inside than the one that is leased to it, as far as that was read. */
export const formerAddressNotes = (
  facts: HostFacts,
  leases: LeaseState,
  isAsked: (mark: EndpointMark) => boolean,
  written: (command: string, project: string) => string = asItIs,
): readonly string[] =>
  movedEnds(facts, leases).flatMap(({ mark, inside: { addresses = [] } }) => {
    if (!isAsked(mark)) return []
    const { project, network, endpoint } = mark
    const leased = heldBy(leases, mark).map(({ address }) => address)
    const inside = addresses.map((text) => text.split('/')[0] ?? '')
    const missing = leased.filter((address) => !inside.includes(address))
    const former = addresses.filter((_, at) => !leased.includes(inside[at] ?? ''))
    if (missing.length === 0 || former.length === 0) return []
    const detach = written(
      shellLine(['portolan', 'detach', endpoint, '-p', project, '--keep-leases']),
      project,
    )
    const attach = written(
      shellLine(['portolan', 'attach', `${project}/${network}`, '--name', endpoint]),
      project,
    )
    return [
      `Endpoint ${endpoint} of network ${project}/${network} has ${missing.join(' and ')} leased, and its interface inside has ${former.join(' and ')} instead: the network moved after the endpoint was attached. Ports published on it lead nowhere. To give it its address: \`${detach}\`, and then \`${attach} --netns NAMESPACE\` with the process or namespace that it was attached in.`,
    ]
  })
