import { type LeaseStore, leasedSubnets } from '@portolan/core'
import { InvalidRequestError } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { leftNetwork } from './left-network.ts'

/**
 * Tells whether a plan made the project. A plan leases its subnets in the same directory, and a live host without
 * records has no leases.
 */
export const isPlanned = async (leases: LeaseStore, project: string): Promise<boolean> =>
  leasedSubnets(await leases.read()).some(
    (lease) => lease.project === project && lease.parented === undefined,
  )

/**
 * Refuses to open a project that a plan made. A plan would remove what a live project has, and a live host would do the
 * same to a plan's.
 */
export const refusePlanned = async (
  { project, bridges, wanted, facts }: LiveRules,
  { leases, takesUp = () => false }: Pick<LiveMachine, 'leases' | 'takesUp'>,
): Promise<void> => {
  if (wanted.exists()) return
  const own = bridges.filter((bridge) => bridge.project === project)
  const [first] = own
  if (first === undefined) return
  const isLeft = own.every((bridge) => takesUp(leftNetwork(bridge, facts)))
  if (isLeft && !(await isPlanned(leases, project))) return
  throw new InvalidRequestError({
    problem: `project ${project} was made by a plan, or by a live host with another state directory (network ${first.network}).`,
    remedy: () => 'Open the host with another project or with that directory, or destroy the project first.',
  })
}
