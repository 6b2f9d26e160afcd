import {
  type Conclusion,
  conditionsWithout,
  type Followed,
  hasValue,
  isArrival,
  type Learner,
  noChecks,
  singleValue,
  type TraceStep,
} from '@portolan/netfilter/analysis'
import {
  type Area,
  holds,
  leftOf,
  meetRegions,
  type Narrowed,
  narrowArea,
  numbersBelow,
  onlyPoint,
  pickFrom,
  regionsOf,
} from '../search/region/area.ts'
import { freeFields, isEmptyRegion, type Point, type Region, without } from '../search/region/region.ts'
import { followSuspect, learnerFor } from './follow-suspect.ts'
import { followUnhindered, type Unhindered, type UnhinderedWay } from './follow-unhindered.ts'
import type { Judged, Suspects } from './judged.ts'
import type { Learned, PortClass } from './own-ports.ts'

/**
 * - `packet`: a packet that a remedy wrongly lets through.
 * - `too-many`: there are too many kinds of packets to check.
 * - `unchecked`: earlier remedies used up the budget for checks.
 * - `computed`: a rule computes with the bits of an address or port, so one packet says nothing about others.
 */
export type Opened =
  | { readonly kind: 'packet'; readonly point: Point }
  | { readonly kind: 'too-many' }
  | { readonly kind: 'unchecked' }
  | { readonly kind: 'computed' }

/** The most kinds of packets that are told apart for one remedy. */
const MOST_CELLS = 512

/**
 * Looks for a packet that a remedy wrongly opens. It passes with the remedy's rules but not without them, and either
 * the contract does not promise it, or another rule than a culprit stopped it. The search works like the search for
 * conflicts: one packet is followed with and without the rules, and the questions asked about it tell which other
 * packets have the same result.
 */
export const findOpened = (judged: Judged, suspects: Suspects): Opened | null => {
  const open = judged.open(suspects)
  const left: Area[] = [{ members: numbersBelow(1), region: suspects.region, holes: [] }]
  let cells = 0
  for (let area = left.pop(); area !== undefined; area = left.pop()) {
    const picked = pickFrom(area, () => ({ region: suspects.region, prefers: null }))
    if (picked === null) continue
    if (cells >= MOST_CELLS) return { kind: 'too-many' }
    if (!judged.mayFollow()) return { kind: 'unchecked' }
    cells += 1
    const { point } = picked
    const seen = fareOf(judged, { suspects, point, region: area.region }, open)
    if (seen.kind === 'opened') return { kind: 'packet', point }
    if (seen.isBlurred) return { kind: 'computed' }
    const narrowed = meetArea(narrow(area, point, seen.learned), seen.within)
    left.push(...leftOf(area, narrowed))
    if (seen.kind !== 'mended') continue
    const beyond = regionsOf(narrowed.area, 0, suspects.region)
      .flatMap((region) => open.reduce(subtract, [region]))
      .find((region) => !isEmptyRegion(region))
    if (beyond !== undefined)
      return {
        kind: 'packet',
        point: pickFrom(whole(beyond), () => ({ region: beyond, prefers: null }))?.point ?? point,
      }
  }
  return null
}

/** A packet of the suspects, with the region in which others may have the same result. */
interface Picked {
  readonly suspects: Suspects
  readonly point: Point
  readonly region: Region
}

/** The result of a packet, with the other packets that it holds for. */
interface Fare {
  /** `passes`: the contract lets the packet through, whatever the remedy does. */
  readonly kind: Fate['kind'] | 'passes'
  readonly isBlurred: boolean
  readonly learned: Learned
  /** The part of the contract's packets that the result is limited to; undefined: it is not limited. */
  readonly within: Region | undefined
}

/**
 * A packet to a port of a mapping stands for packets to similar ports, unless a rule computes with the values that
 * differ.
 */
const fareOf = (judged: Judged, picked: Picked, open: readonly Region[]): Fare => {
  const ports = judged.ownPorts(picked.suspects, picked.region, picked.point)
  const fare = fareAmong(judged, picked, open, ports)
  return fare.isBlurred && ports !== null ? fareAmong(judged, picked, open, null) : fare
}

const fareAmong = (
  judged: Judged,
  picked: Picked,
  open: readonly Region[],
  ports: PortClass | null,
): Fare => {
  const { suspects, point, region } = picked
  const ofPackets = (learned: Learned): Learned => ports?.ofPackets(learned) ?? learned
  const way = followUnhindered(
    judged,
    suspects,
    point,
    learnerFor(suspects, region, point, suspects.region, ports),
  )
  const within = way.kind === 'passes' ? open.find((one) => isIn(one, point)) : undefined
  if (way.kind === 'as-before' || (way.kind === 'passes' && within !== undefined))
    return { kind: way.kind, isBlurred: false, learned: ofPackets(way.learned), within }
  const { fate, learned } = learnFate(judged, picked, way, ports)
  return { ...fate, learned: ofPackets(learned), within: undefined }
}

/** The effect of a remedy's rules on a packet, with the other packets that it holds for. */
interface LearnedFate {
  readonly fate: Fate
  readonly learned: Learned
}

/**
 * The effect of a remedy's rules on a packet. The way to evaluate a chain is planned once for all packets of a remedy.
 * Only if a rule computes are the rules left out that no packet of the area can match: such a plan holds for that area
 * alone.
 */
const learnFate = (
  judged: Judged,
  picked: Picked,
  way: UnhinderedWay,
  ports: PortClass | null,
): LearnedFate => {
  const { suspects, region, point } = picked
  const wide = learnerFor(suspects, region, point, suspects.region, ports)
  const found = fateOf(judged, picked, wide, way.followed)
  if (!found.fate.isBlurred || found.fate.kind === 'opened' || ports !== null) return found
  const narrow = learnerFor(suspects, region, point, region)
  return fateOf(judged, picked, narrow, null)
}

/**
 * - `opened`: the packet passes now, but would still be stopped without the culprits.
 * - `mended`: the packet passes now, and would pass without the culprits.
 */
interface Fate {
  readonly kind: 'as-before' | 'opened' | 'mended'
  /** A rule computed with the bits of an address or port. */
  readonly isBlurred: boolean
}

/**
 * The effect of a remedy's rules on a packet. The packet is followed with the remedy, then without it, then without the
 * culprits, because a ban behind a culprit must still hold. The first of these settles most packets.
 */
const fateOf = (
  { follower, inserted, passedBy }: Judged,
  { suspects, point }: Picked,
  learner: Learner,
  unhindered: Unhindered | null,
): LearnedFate => {
  let isBlurred = false
  // All runs share one list of conditions: other packets that meet them are settled by the same runs.
  const followed = (own: Learner): Followed => {
    const found = followSuspect(follower, suspects, point, own)
    isBlurred ||= own.blurred
    return found
  }
  const { conditions, exclusions } = learner
  const learned: Learned = { conditions, exclusions }
  const first: Learner = { ...learner, watched: inserted, checks: noChecks() }
  const after = followed(first)
  if (!first.hasActed)
    return {
      fate: { kind: 'as-before', isBlurred },
      learned: { conditions: conditionsWithout(first, 'other', 'after'), exclusions },
    }
  if (!after.conclusions.some(passes) || !isTouched(after, first))
    return { fate: { kind: 'as-before', isBlurred }, learned }
  const before = followed({ ...learner, ignored: inserted })
  if (!isOpened(before.conclusions, after.conclusions))
    return { fate: { kind: 'as-before', isBlurred }, learned }
  const others = unhindered?.followed ?? followed({ ...learner, ignored: passedBy })
  const isStill = isOpened(others.conclusions, after.conclusions)
  return {
    fate: { kind: isStill ? 'opened' : 'mended', isBlurred },
    learned: unhindered === null ? learned : joinLearned(learned, unhindered.learned),
  }
}

/**
 * Whether a rule of the remedy acted on a packet. Of several courses, one may hide another with the same end, so the
 * traces that remain are not enough.
 */
const isTouched = ({ conclusions, run }: Followed, { watched, hasActed }: Learner): boolean =>
  hasActed &&
  (run.copies > 0 || conclusions.some(({ end }) => isOnTheWay(end.world.trace, watched ?? nothing)))

const isOnTheWay = (last: TraceStep | null, rules: ReadonlySet<object>): boolean => {
  for (let step = last; step !== null; step = step.before)
    if (step.rule !== null && rules.has(step.rule)) return true
  return false
}

const whole = (region: Region): Area => ({ members: numbersBelow(1), region, holes: [] })

const nothing: ReadonlySet<object> = new Set()

const subtract = (regions: readonly Region[], open: Region): readonly Region[] =>
  regions.flatMap((region) => {
    const taken = meetRegions(region, open)
    return isEmptyRegion(taken) ? [region] : without(region, taken)
  })

const passes = ({ end }: Conclusion): boolean => isArrival(end)

/** Whether a course passes now that was stopped before, or may have been, by something that no longer stops it. */
const isOpened = (before: readonly Conclusion[], after: readonly Conclusion[]): boolean => {
  if (!after.some(passes)) return false
  if (!before.some(passes)) return true
  const still = stoppers(after)
  return stoppers(before).some((one) => !still.includes(one))
}

const stoppers = (conclusions: readonly Conclusion[]): readonly (object | string)[] =>
  conclusions.flatMap((one) => (passes(one) ? [] : [stopperOf(one.end.world.trace)]))

/**
 * The identity of what stopped a packet: a rule, or the place of a policy's chain. A chain with one more rule is
 * another object.
 */
export const stopperOf = (step: TraceStep | null): object | string => {
  if (step === null) return 'nothing'
  const { rule, table, chain, cause } = step
  return (
    rule ??
    (table === null
      ? (cause?.text ?? 'kernel')
      : `${table.tool} ${table.family} ${table.name} ${chain?.name}`)
  )
}

const joinLearned = (one: Learned, other: Learned): Learned => ({
  conditions: [...one.conditions, ...other.conditions],
  exclusions: [...one.exclusions, ...other.exclusions],
})

const narrow = (area: Area, point: Point, { conditions, exclusions }: Learned): Narrowed => {
  const all = (): typeof area.members => singleValue(0)
  const narrowed = narrowArea(area, conditions, exclusions, all)
  const at = { member: 0, point }
  return holds(narrowed.area, at) ? narrowed : { area: onlyPoint(at), fresh: [] }
}

/** Restricts a narrowed area to the packets of a region. */
const meetArea = ({ area, fresh }: Narrowed, region: Region | undefined): Narrowed =>
  region === undefined
    ? { area, fresh }
    : {
        area: { ...area, region: meetRegions(area.region, region) },
        fresh: fresh
          .map((hole) => ({ ...hole, region: meetRegions(hole.region, region) }))
          .filter((hole) => !isEmptyRegion(hole.region)),
      }

const isIn = (region: Region, point: Point): boolean =>
  freeFields.every((field) => hasValue(region[field], point[field]))
