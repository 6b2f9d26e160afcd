import type { Conflict } from '@portolan/core'
import type { Plan } from './plan.ts'

/**
 * The conflicts that keep a plan from being carried out without --force.
 *
 * @param moved - the networks that the plan is to move: a move is the way out of a subnet that overlaps something, so one
 * that another network or family has already, and keeps, is told and holds it not up
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
