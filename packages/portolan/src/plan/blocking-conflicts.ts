import type { Conflict } from '@portolan/core'
import type { Plan } from './plan.ts'

/**
 * The conflicts that block a plan without --force.
 *
 * @param moved - the networks that the plan moves. A move is the way out of an overlap. So an overlap of a subnet that
 * another network or family already has and keeps is reported, and does not block the plan
 */
export const blockingConflicts = (
  { conflicts, subnets }: Pick<Plan, 'conflicts' | 'subnets'>,
  moved: readonly string[] = [],
): readonly Conflict[] => {
  const isKept = ({ kind, network }: Conflict): boolean =>
    moved.length > 0 &&
    kind === 'SubnetOverlap' &&
    subnets.every((one) => one.network !== network || one.overlaps.length === 0 || one.origin === 'held')
  return conflicts.filter((conflict) => conflict.severity === 'error' && !isKept(conflict))
}
