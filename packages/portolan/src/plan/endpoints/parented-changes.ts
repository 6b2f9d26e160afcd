import {
  type DesiredState,
  type LeasedAddress,
  type LeaseState,
  leasedSubnets,
  listLeases,
  replicaName,
} from '@portolan/core'
import { containsAddress, parseAddress, parsePrefix } from '@portolan/netfilter'
import { attachCommand, detachCommand, type WrittenCommand } from './endpoint-commands.ts'

/**
 * Notes on services of parented networks whose address changes or goes. The host has no end of their interfaces, so the
 * notes say what to do in case they are attached.
 */
export const parentedChangeNotes = (
  { project, parented = [] }: DesiredState,
  leases: LeaseState,
  written: WrittenCommand,
): readonly string[] => {
  const subnets = leasedSubnets(leases).filter(
    (lease) => lease.project === project && lease.parented !== undefined,
  )
  if (subnets.length === 0) return []
  const held = listLeases(leases).flatMap((lease) =>
    lease.kind === 'address' &&
    lease.released === null &&
    lease.planned === true &&
    lease.on.project === null &&
    lease.holder.project === project
      ? [lease]
      : [],
  )
  return subnets.flatMap(({ network, subnet, parented: on }) => {
    const prefix = parsePrefix(subnet)
    const after = parented.find(({ name }) => name === network)
    return held
      .filter(
        (lease) => lease.on.network === on?.parent && containsAddress(prefix, parseAddress(lease.address)),
      )
      .flatMap((lease) => {
        const endpoint = replicaName(lease.holder)
        const wanted = after?.endpoints.find((one) => replicaName(one) === endpoint)?.[lease.family] ?? null
        if (wanted === lease.address) return []
        const mark = { project, network, endpoint }
        const detach = `\`${detachCommand(mark, written)} --netns NAMESPACE\``
        return [
          wanted === null
            ? `${gaveUp(lease, mark)} This host does not see whether it is attached. If it is, take it off: ${detach}.`
            : `${gaveUp(lease, mark)} It gets ${wanted}. This host does not see whether it is attached. If it is, its interface keeps ${lease.address}: ${detach}, and then \`${attachCommand(mark, written)}\`.`,
        ]
      })
  })
}

const gaveUp = (
  { address }: LeasedAddress,
  {
    project,
    network,
    endpoint,
  }: { readonly project: string; readonly network: string; readonly endpoint: string },
): string => `Endpoint ${endpoint} of network ${project}/${network} gives up ${address}.`
