import {
  bridgeNetwork,
  type Conflict,
  type DesiredMapping,
  type DesiredState,
  withNeighbours,
} from '@portolan/core'
import { containsAddress, type HostFacts, type Prefix, parseAddress, parsePrefix } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import { desiredOf } from '../live/wanted/desired-of.ts'
import type { WantedState } from '../live/wanted/wanted-state.ts'

/**
 * What is wanted of one project.
 * @public @since 0.1.0
 */
export interface Wish {
  readonly project: string
  /** The state from which the rules are made; null: nothing is wanted any more. */
  readonly desired: DesiredState | null
  /** All wanted mappings, including those that wait for a network that is gone. */
  readonly mappings: readonly DesiredMapping[]
  /**
   * Conflicts with foreign routes that lead packets to other hosts' blocks elsewhere. Absent: there are none, or no
   * cluster is known.
   */
  readonly conflicts?: readonly Conflict[]
  /** The backend into which a plan puts the project. Absent: the backend that the host would choose. */
  readonly backend?: Backend
}

/**
 * The recorded wishes of a project, on a host as it is now.
 * @example
 * wishIn('shop', wanted, facts).mappings // []
 * @public @since 0.1.0
 */
export const wishIn = (project: string, wanted: WantedState, facts: HostFacts): Wish => {
  const networks = wanted.networks().map(({ network }) => network)
  const subnets = [...networks, ...bridgesOf(facts)].flatMap(({ ip, ip6 }) =>
    [ip, ip6].flatMap((one) => (one === null ? [] : [parsePrefix(one.subnet)])),
  )
  const alone = desiredOf(project, wanted, ({ targets }) =>
    targets.every(({ address }) => holds(subnets, address)),
  )
  // Neighbours that became known later come into force with the next call that puts something on a network.
  const neighbours = wanted.neighbours()
  const mappings = wanted.ports()
  if (alone === null || neighbours === null) return { project, desired: alone, mappings }
  const { desired, conflicts } = withNeighbours(alone, facts, neighbours)
  return { project, desired, mappings, ...(conflicts.length === 0 ? {} : { conflicts }) }
}

const bridgesOf = ({ interfaces = [] }: HostFacts) =>
  interfaces.flatMap((link) => {
    const network = bridgeNetwork(link)?.network
    return network === undefined ? [] : [network]
  })

const holds = (subnets: readonly Prefix[], address: string): boolean => {
  const wanted = parseAddress(address)
  return subnets.some((subnet) => containsAddress(subnet, wanted))
}
