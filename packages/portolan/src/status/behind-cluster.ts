import type { ClusterNeighbours, Conflict, DesiredState } from '@portolan/core'
import { diffRoutes } from '@portolan/core/planning'
import {
  containsAddress,
  type HostFacts,
  type Prefix,
  tryParseAddress,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import type { ProjectCommand } from './project-command.ts'

/** A project whose rules, or whose host's routes, are from before other hosts joined or left the cluster. */
export interface BehindCluster {
  readonly project: string
  /** Blocks whose routes are missing in the kernel, or are there and not wanted. */
  readonly routes: readonly string[]
  /** The conflicts that end once the project is applied again. */
  readonly conflicts: readonly Conflict[]
}

/**
 * Compares a project for which no file was named with the other hosts as they are known now. A conflict counts here if
 * no foreign rule causes it, and if its packet goes to or comes from an address that another host has or had. Applying
 * the project again ends such a conflict. The addresses of a host that left are known from the pools alone. So are
 * those of all other hosts, where this host itself left or joined another cluster.
 *
 * @returns null: the project fits the cluster, as far as can be told
 */
export const behindCluster = (
  project: string,
  state: DesiredState,
  conflicts: readonly Conflict[],
  { facts, neighbours = null }: { readonly facts: HostFacts; readonly neighbours?: ClusterNeighbours | null },
): BehindCluster | null => {
  if (neighbours === null) return null
  const { pools = [], former = [], others } = neighbours
  const known = [...pools, ...former].map((pool) => pool.slice(0, pool.lastIndexOf(':')))
  const ofHost = prefixesOf([...neighbours.blocks, ...known])
  if (!state.networks.some((one) => isInside(one, ofHost))) return null
  const own = prefixesOf(
    state.networks.flatMap(({ ip, ip6 }) => [ip?.subnet ?? [], ip6?.subnet ?? []].flat()),
  )
  const routes = diffRoutes(state, facts).flatMap(({ operation }) =>
    operation.kind === 'set-route' || operation.kind === 'delete-route' ? [operation.destination] : [],
  )
  const blocks = prefixesOf([...others.map(({ block }) => block), ...routes, ...known])
  const stale = conflicts.filter(
    ({ culprit, witness }) =>
      culprit === null &&
      witness !== null &&
      [witness.source, witness.destination].some(
        (address) => isWithin(address ?? null, blocks) && !isWithin(address ?? null, own),
      ),
  )
  return routes.length + stale.length === 0 ? null : { project, routes, conflicts: stale }
}

/** @param written - writes a command about a project */
export const behindText = ({ project, routes }: BehindCluster, written: ProjectCommand): string =>
  `Project ${project} was applied before other hosts of the cluster joined or left${routes.length === 0 ? '' : ` (routes to blocks ${routes.join(', ')} are not up to date)`}: containers there and here may not reach each other. Update its routes and rules: \`${written('portolan apply', project)}\`. With \`portolan watch\` they follow the cluster all along.`

const prefixesOf = (texts: readonly string[]): readonly Prefix[] =>
  texts.flatMap((text) => tryParseHostOrPrefix(text) ?? [])

const isInside = ({ ip, ip6 }: DesiredState['networks'][number], blocks: readonly Prefix[]): boolean =>
  [ip, ip6].some((subnet) => isWithin(subnet?.gateway ?? null, blocks))

const isWithin = (text: string | null, blocks: readonly Prefix[]): boolean => {
  const address = text === null ? null : tryParseAddress(text)
  return address !== null && blocks.some((block) => containsAddress(block, address))
}
