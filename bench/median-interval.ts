export interface Interval {
  readonly from: number
  readonly to: number
}

/**
 * The 95 % interval of a median, from order statistics (the sign test). It assumes nothing about the distribution of
 * the values. As many values are cut from each end as a fair coin allows at 5 %. With fewer than six values there is
 * none.
 */
export const medianInterval = (values: readonly number[]): Interval | null => {
  const sorted = values.toSorted((one, other) => one - other)
  const count = sorted.length
  // The chance that exactly `cut` of `count` tosses are heads, and the chance of `cut` or fewer.
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
