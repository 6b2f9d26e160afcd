import type { PlanChange } from '../plan/plan.ts'

/** Neighbouring changes of one part. */
export type Batch = readonly [PlanChange, ...PlanChange[]]

/** Runs of neighbouring changes of one part, in order: those of rules are one transaction. */
export const batches = (changes: readonly PlanChange[]): readonly Batch[] => {
  const result: [PlanChange, ...PlanChange[]][] = []
  for (const change of changes) {
    const last = result.at(-1)
    if (last !== undefined && last[0].part === change.part) last.push(change)
    else result.push([change])
  }
  return result
}
