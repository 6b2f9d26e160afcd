import { storePlan } from '../stored/store-plan.ts'
import type { Plan } from './plan.ts'
import { printPlan } from './print/print-plan.ts'

/**
 * A plan with its text for people and its JSON.
 * @internal
 */
export const speakingPlan = (plan: Omit<Plan, 'toString' | 'toJSON'>): Plan => ({
  ...plan,
  toString: () => printPlan(plan),
  toJSON: () => storePlan(plan),
})
