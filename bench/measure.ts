import { medianInterval } from './median-interval.ts'
import type { Peer, Spread } from './row.ts'

/** The parts of one round: only `run` is timed. */
export interface Work {
  readonly before?: () => unknown
  readonly run: () => unknown
  readonly after?: () => unknown
}

export interface Rounds {
  readonly count: number
  readonly warmUp: number
  /** How often `run` is called in one round. The round's time is divided by this number; for work of microseconds. */
  readonly times?: number
}

const roundOf = async (work: Work, times: number): Promise<number> => {
  await work.before?.()
  const start = process.hrtime.bigint()
  for (let time = 0; time < times; time += 1) {
    const result = work.run()
    // An await of a plain value would add a turn of the event loop, which the work itself does not take.
    if (result instanceof Promise) await result
  }
  const taken = Number(process.hrtime.bigint() - start) / 1e6 / times
  await work.after?.()
  return taken
}

/**
 * Times several kinds of work in turn within each round, so that other load on the machine affects all of them alike.
 */
export const measureInTurn = async <Name extends string>(
  works: Readonly<Record<Name, Work>>,
  { count, warmUp, times = 1 }: Rounds,
): Promise<Readonly<Record<Name, Spread>>> => {
  const names = Object.keys(works) as Name[]
  const taken = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = -warmUp; round < count; round += 1) {
    for (const name of names) {
      const time = await roundOf(works[name], times)
      if (round >= 0) taken.get(name)?.push(time)
    }
  }
  const spreads = names.map((name) => [name, spreadOf(taken.get(name) ?? [], warmUp)])
  return Object.fromEntries(spreads) as Record<Name, Spread>
}

export const measure = async (work: Work | Work['run'], rounds: Rounds): Promise<Spread> =>
  (await measureInTurn({ it: typeof work === 'function' ? { run: work } : work }, rounds)).it

export const spreadOf = (values: readonly number[], warmUp: number): Spread => {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = sorted.length / 2
  return {
    median: (at(Math.ceil(middle) - 1) + at(Math.floor(middle))) / 2,
    least: at(0),
    most: at(sorted.length - 1),
    rounds: sorted.length,
    warmUp,
  }
}

export const peerOf = (name: string, ours: Spread, measured: Spread): Peer => ({
  kind: 'measured',
  name,
  measured,
  ratio: ours.median / measured.median,
})

/** A peer that was measured in the same rounds. The ratio is the median of the rounds' ratios. */
export const pairedPeer = (
  name: string,
  ours: readonly number[],
  theirs: readonly number[],
  warmUp: number,
): Peer => {
  const ratios = ours.map((value, at) => value / (theirs[at] ?? Number.NaN))
  const interval = medianInterval(ratios)
  return {
    kind: 'measured',
    name,
    measured: spreadOf(theirs, warmUp),
    ratio: spreadOf(ratios, warmUp).median,
    ...(interval === null ? {} : { interval }),
  }
}
