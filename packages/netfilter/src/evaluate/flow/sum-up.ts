import { formatAddress } from '../../address/index.ts'
import type { World } from '../packet/world.ts'
import { describeCulprit, describeTrace } from '../trace/describe-trace.ts'
import { type End, isArrival, type Run } from '../walk/run.ts'
import type { Outcome, OutcomeKind } from './outcome.ts'

/** One complete course: where the first packet ended, and how the answer and the later packets ended. */
export interface Conclusion {
  readonly reached: End
  readonly end: End
}

export type Ours = ReadonlyMap<number | bigint, readonly (string | null)[]>
export type Telling = Omit<Outcome, 'alternatives' | 'certainty' | 'undetermined'>

/**
 * Makes one outcome of all courses. Equal courses make it certain. Otherwise the likeliest course is told, and the
 * others are its alternatives.
 */
export const sumUp = (conclusions: readonly Conclusion[], run: Run, ours: Ours): Outcome => {
  // The course in which nothing unknown matched comes first.
  const ordered =
    conclusions.length === 1
      ? conclusions
      : conclusions.toSorted((a, b) => Number(a.end.world.unknown) - Number(b.end.world.unknown))
  const [first, ...others] = ordered
  if (first === undefined) return { ...nothing, undetermined: [...run.undetermined] }
  const main = tell(first, ours)
  const different = others.filter((other) => !isAlike(first, other, ours))
  const alternatives = new Map<string, Telling>()
  for (const other of different) {
    const told = tell(other, ours)
    const key = JSON.stringify([told.outcome, told.at, told.seenAs, told.culprit])
    if (!alternatives.has(key)) alternatives.set(key, told)
  }
  const agreed = different.every(
    (other) =>
      kindOf(other, ours) === kindOf(first, ours) &&
      (isStop(kindOf(other, ours)) || !other.end.world.unknown),
  )
  const certain = agreed && !run.truncated && !run.doubtful
  return {
    ...main,
    certainty: certain ? 'certain' : 'possible',
    alternatives: [...alternatives.values()].map((one) => ({ ...one, undetermined: [] })),
    undetermined: [...run.undetermined],
  }
}

/** The outcome when no course was followed to its end: nothing is known. */
const nothing: Outcome = {
  outcome: 'dropped',
  certainty: 'possible',
  at: null,
  seenAs: null,
  culprit: null,
  trace: [],
  alternatives: [],
  undetermined: [],
}

/** Whether the flow is stopped. Which rule stops it does not matter. */
const isStop = (kind: OutcomeKind): boolean =>
  kind === 'dropped' || kind === 'rejected' || kind === 'unrouted'

const sourcePortOf = ({ sourcePorts, sport }: World): number | readonly [number, number] | null =>
  sourcePorts ?? (sport < 0 ? null : sport)

/** Whether two courses end in the same way, by the same rule and at the same place. Only one of them is told. */
const isAlike = (a: Conclusion, b: Conclusion, ours: Ours): boolean => {
  const kind = kindOf(a, ours)
  if (kind !== kindOf(b, ours) || (isStop(kind) && !isSameCulprit(a.end, b.end))) return false
  if (!hasArrived(a) || !hasArrived(b)) return hasArrived(a) === hasArrived(b)
  const one = a.reached.world
  const other = b.reached.world
  return (
    one.daddr === other.daddr &&
    one.dport === other.dport &&
    one.saddr === other.saddr &&
    one.out === other.out &&
    String(sourcePortOf(one)) === String(sourcePortOf(other))
  )
}

const isSameCulprit = ({ world: { trace: one } }: End, { world: { trace: other } }: End): boolean =>
  one?.rule === other?.rule && one?.cause?.text === other?.cause?.text

const hasArrived = ({ reached }: Conclusion): boolean => isArrival(reached)

const kindOf = ({ reached, end }: Conclusion, ours: Ours): OutcomeKind => {
  if (end.kind === 'dropped' || end.kind === 'rejected' || end.kind === 'unrouted') return end.kind
  if (reached.kind === 'local') return 'local'
  const names = ours.get(reached.world.daddr)
  const out = reached.world.out?.name ?? null
  return names?.some((name) => name === null || name === out) === true ? 'delivered' : 'forwarded'
}

/** One course as an outcome. */
export const tell = (conclusion: Conclusion, ours: Ours): Telling => {
  const { reached, end } = conclusion
  const arrived = hasArrived(conclusion)
  const { world } = reached
  const outcome = kindOf(conclusion, ours)
  return {
    outcome,
    at: arrived
      ? {
          address: textOf(world, world.daddr),
          port: world.dport < 0 ? null : world.dport,
          interface: world.out?.name ?? world.in?.name ?? null,
        }
      : null,
    seenAs: arrived
      ? {
          source: textOf(world, world.saddr),
          sourcePort: sourcePortOf(world),
        }
      : null,
    culprit: isStop(outcome) ? describeCulprit(end.world.trace) : null,
    trace: describeTrace(end.world.trace),
  }
}

const textOf = ({ family }: World, value: number | bigint): string =>
  formatAddress(family === 'ip' ? { family, value: Number(value) } : { family, value: BigInt(value) })
