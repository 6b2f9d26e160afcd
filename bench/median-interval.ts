export interface Interval {
  readonly from: number
  readonly to: number
}

/**
 * The interval of a median by order statistics, which assumes nothing of how the values are distributed: as many values
 * are cut from each end as a fair coin allows at 5 % (the sign test). Six values are the fewest that have one.
 */
export const medianInterval = (values: readonly number[]): Interval | null => {
  const sorted = values.toSorted((one, other) => one - other)
  const count = sorted.length
  // The chance that of `count` tosses exactly `cut` are heads; and that as few or fewer are.
  let chance = 0.5 ** count
  let chanceOfFewer = 0
  let cut = 0
  while (2 * (chanceOfFewer + chance) <= 0.05) {
    chanceOfFewer += chance
    chance = (chance * (count - cut)) / (cut + 1)
    cut += 1
  }
  const [from, to] = [sorted[cut - 1], sorted[count - cut]]
  return from === undefined || to === undefined ? null : { from, to }
}
