import type { ClusterNeighbours, Conflict, DesiredState } from '@portolan/core'
import { diffRoutes } from '@portolan/core/planning'
import {
  containsAddress,
  type HostFacts,
  type Prefix,
  parsePrefix,
  tryParseAddress,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import type { ProjectCommand } from './project-command.ts'

/** A project whose rules, or whose host's routes, are from before other hosts of the cluster came or went. */
export interface BehindCluster {
  readonly project: string
  /** What the kernel's routes lack, or have too much: blocks. */
  readonly routes: readonly string[]
  /** What is in no way of it once it is applied again. */
  readonly conflicts: readonly Conflict[]
}

/**
 * A project that no file was named for, beside the other hosts as they are known by now. What no rule of another program is
 * to blame for, of a packet to or from the block of another host, is ours to bring.
 *
 * @returns null: it is as the cluster is, as far as can be told
 */
export const behindCluster = (
  project: string,
  state: DesiredState,
  conflicts: readonly Conflict[],
  { facts, neighbours = null }: { readonly facts: HostFacts; readonly neighbours?: ClusterNeighbours | null },
): BehindCluster | null => {
  if (neighbours === null || !state.networks.some((one) => isInBlock(one, neighbours))) return null
  const routes = diffRoutes(state, facts).flatMap(({ operation }) =>
    operation.kind === 'set-route' || operation.kind === 'delete-route' ? [operation.destination] : [],
  )
  const blocks = [...neighbours.others.map(({ block }) => block), ...routes].flatMap(
    (block) => tryParseHostOrPrefix(block) ?? [],
  )
  const stale = conflicts.filter(
    ({ culprit, witness }) =>
      culprit === null &&
      witness !== null &&
      [witness.source, witness.destination].some((address) => isWithin(address ?? null, blocks)),
  )
  return routes.length + stale.length === 0 ? null : { project, routes, conflicts: stale }
}

/** @param written - how a command about a project is written */
export const behindText = ({ project, routes }: BehindCluster, written: ProjectCommand): string =>
  `Project ${project} is from before other hosts of the cluster joined or left${routes.length === 0 ? '' : ` (routes to blocks ${routes.join(', ')} are not as they are to be)`}: containers there and here may not reach each other. Bring its routes and rules up to them: \`${written('portolan apply', project)}\`. With \`portolan watch\` they follow the cluster all along.`

const isInBlock = ({ ip, ip6 }: DesiredState['networks'][number], { blocks }: ClusterNeighbours): boolean => {
  const own = blocks.map((block) => parsePrefix(block))
  return [ip, ip6].some((subnet) => {
    const address = subnet?.gateway == null ? null : tryParseAddress(subnet.gateway)
    return address !== null && own.some((block) => containsAddress(block, address))
  })
}

const isWithin = (text: string | null, blocks: readonly Prefix[]): boolean => {
  const address = text === null ? null : tryParseAddress(text)
  return address !== null && blocks.some((block) => containsAddress(block, address))
}
