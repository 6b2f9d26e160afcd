import type { PlanChange } from '../plan/plan.ts'

/** Neighbouring changes of one part. */
export type Batch = readonly [PlanChange, ...PlanChange[]]

/** Runs of neighbouring changes of one part, in order: those of rules are one transaction. */
export const batches = (changes: readonly PlanChange[]): readonly Batch[] => {
  const result: Batch[] = []
  for (let from = 0; from < changes.length; ) {
    // Cut out whole: a list that grows to a hundred thousand changes leaves three times its room behind.
    const batch = changes.slice(from, endOfRun(changes, from))
    if (isBatch(batch)) result.push(batch)
    from += batch.length
  }
  return result
}

const endOfRun = (changes: readonly PlanChange[], from: number): number => {
  let end = from + 1
  while (end < changes.length && changes[end]?.part === changes[from]?.part) end += 1
  return end
}

const isBatch = (changes: readonly PlanChange[]): changes is Batch => changes.length > 0
