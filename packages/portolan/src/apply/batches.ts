import type { PlanChange } from '../plan/plan.ts'

/** Neighbouring changes of one part, at least one. */
export type Batch = readonly [PlanChange, ...PlanChange[]]

/** Splits changes into runs of one part, in order. The rule changes of a run are one transaction. */
export const batches = (changes: readonly PlanChange[]): readonly Batch[] => {
  const result: Batch[] = []
  for (let from = 0; from < changes.length; ) {
    // `slice` copies the run at once. A list that grows to 100,000 changes leaves three times its size as garbage.
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
