import {
  type DesiredState,
  type LeasedAddress,
  type LeaseState,
  leasedSubnets,
  listLeases,
  replicaName,
} from '@portolan/core'
import type { AttachedEnd, LeasedEnd } from '@portolan/core/planning'
import type { Wording } from '@portolan/netfilter'
import { applyAgain, attachCommand, detachCommand, type WrittenCommand } from './endpoint-commands.ts'

/**
 * Notes on endpoints that `attach` put on networks which the project no longer has. Their interfaces go with the
 * network. The plan releases the address of a service. The address of any other endpoint stays leased, with the subnet
 * around it, and only these notes name the command that frees both.
 *
 * @param ends - the attached endpoints of the project
 */
export const cutEndpointNotes = (
  desired: DesiredState,
  ends: readonly LeasedEnd[],
  leases: LeaseState,
  written: WrittenCommand,
  wording: Wording,
): readonly string[] => {
  const kept = new Set(desired.networks.map(({ name }) => name))
  const cut = ends.filter(({ mark }) => !kept.has(mark.network))
  return [
    ...cut.filter(({ held }) => held.every(isPlanned)).map((end) => serviceNote(end, desired, ends, written)),
    ...heldNotes(desired.project, kept, cut, leases, written, wording),
  ]
}

const isPlanned = ({ planned }: LeasedAddress): boolean => planned === true

const serviceNote = (
  { mark, held }: LeasedEnd,
  { endpoints, parented = [] }: DesiredState,
  ends: readonly AttachedEnd[],
  written: WrittenCommand,
): string => {
  const { project, network, endpoint } = mark
  const isOn = (name: string): boolean =>
    ends.some((one) => one.mark.endpoint === endpoint && one.mark.network === name)
  const wanted = [...endpoints, ...parented.flatMap((one) => one.endpoints)].filter(
    (one) => replicaName(one) === endpoint,
  )
  const lacking = wanted.flatMap((one) =>
    one.network !== network && isOn(one.network)
      ? []
      : [attachCommand({ ...mark, network: one.network }, written)],
  )
  const parent = parented.find(({ name }) => name === network)?.parent
  const cause =
    parent === undefined
      ? 'a network that the project no longer has'
      : `the bridge of a network that moves to ${parent}`
  const gone =
    held.length === 0 ? '' : `, and ${addressesOf(held)} ${held.length === 1 ? 'is' : 'are'} given up`
  const help =
    lacking.length > 0
      ? `To attach it to a network that the project has it on: ${lacking.map((one) => `\`${one}\``).join(', ')}.`
      : wanted.length > 0
        ? `It stays on ${wanted.map((one) => one.network).join(' and ')}.`
        : `To take it off before: \`${detachCommand(mark, written)}\`.`
  return `Endpoint ${endpoint} of network ${project}/${network} is attached to ${cause}. Its interface goes with the ${parent === undefined ? 'network' : 'bridge'}${gone}. ${help}`
}

/** Notes on endpoints with an address that no plan leased. */
const heldNotes = (
  project: string,
  kept: ReadonlySet<string>,
  cut: readonly AttachedEnd[],
  leases: LeaseState,
  written: WrittenCommand,
  wording: Wording,
): readonly string[] => {
  const subnets = leasedSubnets(leases).filter(
    (lease) => lease.project === project && !kept.has(lease.network),
  )
  // Usually no network is gone, and a host may have many addresses to search.
  if (subnets.length === 0) return []
  const held = listLeases(leases).flatMap((lease) =>
    lease.kind === 'address' &&
    lease.released === null &&
    !isPlanned(lease) &&
    lease.holder.project === project &&
    lease.on.project === project &&
    !kept.has(lease.on.network)
      ? [{ endpoint: replicaName(lease.holder), network: lease.on.network, address: lease.address }]
      : [],
  )
  const names = new Map(held.map((one) => [`${one.network} ${one.endpoint}`, one]))
  return [...names.values()].map(({ endpoint, network }) => {
    const own = held.filter((one) => one.endpoint === endpoint && one.network === network)
    const around = subnets.filter((one) => one.network === network).map(({ subnet }) => subnet)
    const isUp = cut.some(({ mark }) => mark.endpoint === endpoint && mark.network === network)
    const fate = isUp
      ? 'is attached to a network that the project no longer has. Its interface goes with the network'
      : 'was attached to a network that the project no longer has, and has no interface there'
    const detach = detachCommand({ project, endpoint }, written)
    return `Endpoint ${endpoint} of network ${project}/${network} ${fate}. ${addressesOf(own)} ${own.length === 1 ? 'stays' : 'stay'} leased to it, so ${around.join(' and ')} ${around.length > 1 ? 'stay' : 'stays'} leased to the network. To free them: \`${detach}\`, and then ${applyAgain(project, written, wording)}.`
  })
}

const addressesOf = (leases: readonly { readonly address: string }[]): string =>
  leases.map(({ address }) => address).join(' and ')
