import {
  endpointText,
  type Follower,
  type FreeField,
  hasValue,
  isMemberField,
  type TraceStep,
  type World,
} from '@portolan/netfilter/analysis'
import { membersAlike } from '../blame/trail.ts'
import { type FollowedThoroughly, followThoroughly } from '../follow/explore.ts'
import { isOurs } from '../follow/is-ours.ts'
import type { Failed, Judgement } from '../follow/judge.ts'
import type { GroupRow } from '../group/mapping-group.ts'
import type { MemberPoint } from '../region/area.ts'
import { freeFields } from '../region/region.ts'
import type { Row } from '../rows/row.ts'
import { addressValue } from '../rows/subnets.ts'

/**
 * The way of one mapping's packet that other mappings may share. These have their own port and target in the places
 * where the packet has those of its mapping.
 */
export interface SharedWay {
  readonly judgement: Judgement
  /** No other mapping is known to share the way. */
  readonly isOfOne: boolean
  /** The judgement of the same packet for another mapping; null: this way does not tell it. */
  readonly judgementOf: (at: MemberPoint, row: Row) => Failed | null
}

/**
 * Follows a packet without skipping rules, so that its trace names all that acted on it, and on the packets of others.
 */
export const findSharedWay = (
  follower: Follower,
  row: GroupRow,
  at: MemberPoint,
  ignored: ReadonlySet<object>,
): SharedWay => {
  const followed = followThoroughly(follower, row, at, ignored)
  const { judgement, learner } = followed
  const own = row.rowOf(at.member) ?? row.first
  const target = targetText(own)
  const failed = isPlain(followed, target) ? judgement : null
  if (failed?.kind !== 'failed') return { judgement, isOfOne: true, judgementOf: () => null }
  const members = membersAlike(row, at, [learner])
  const { end } = failed.conclusion
  const isTranslated = stepsOf(end.world.trace).some(({ deed }) => deed.kind === 'translate')
  return {
    judgement,
    isOfOne: false,
    judgementOf: ({ member, point }, other) => {
      const valueAt: ValueAt = (value, origin) =>
        (origin !== null && isMemberField(origin) ? row.values.of[origin]?.[member] : undefined) ?? value
      const isSamePacket =
        hasValue(members, member) &&
        other.network === own.network &&
        other.in === own.in &&
        freeFields.every((field) => point[field] === valueAt(at.point[field], learner.origins[field]))
      if (!isSamePacket) return null
      const trace = isTranslated ? translatedTo(end.world.trace, targetText(other)) : end.world.trace
      const moved = { ...end, world: worldOf(end.world, trace, valueAt) }
      return { ...failed, conclusion: { reached: moved, end: moved } }
    },
  }
}

/** Converts a value that came from the packet's mapping to the value of another mapping. */
type ValueAt = (value: number | bigint, origin: FreeField | null) => number | bigint

/**
 * Whether there is only one course, which stops the packet itself, and nothing in its trace depends on the mapping. The
 * target of the managed translation is the exception.
 */
const isPlain = ({ judgement, learner, followed }: FollowedThoroughly, target: string | null): boolean =>
  judgement.kind === 'failed' &&
  judgement.fault === 'stopped' &&
  judgement.share === 'all' &&
  judgement.certainty === 'certain' &&
  followed.conclusions.length === 1 &&
  judgement.conclusion.reached === judgement.conclusion.end &&
  !learner.blurred &&
  !learner.hasAskedMember &&
  stepsOf(judgement.conclusion.end.world.trace).every((step) => isSameForAll(step, target))

const isSameForAll = (step: TraceStep, target: string | null): boolean => {
  const { table, deed } = step
  // The kernel's own reasons may name an address.
  if (table === null) return deed.kind === 'leave' || deed.kind === 'switch'
  return deed.kind !== 'translate' || (deed.type === 'dnat' && deed.to === target && isOurs(step))
}

const stepsOf = (last: TraceStep | null): readonly TraceStep[] => {
  const steps: TraceStep[] = []
  for (let step = last; step !== null; step = step.before) steps.push(step)
  return steps
}

const targetText = ({ family, mapping }: Row): string | null => {
  const [target] = mapping?.targets ?? []
  return target === undefined ? null : endpointText(family, addressValue(target.address), target.port)
}

/** The same way to another target. The steps before the translation are the same for both. */
const translatedTo = (last: TraceStep | null, to: string | null): TraceStep | null => {
  if (last === null) return null
  const { deed } = last
  const before = translatedTo(last.before, to)
  if (deed.kind !== 'translate') return before === last.before ? last : { ...last, before }
  return { ...last, before, deed: { ...deed, to } }
}

// One copy whose fields are then set: a literal of several spreads takes V8 longer, and thousands are made.
const worldOf = (world: World, trace: TraceStep | null, valueAt: ValueAt): World => {
  const { saddr, daddr, sport, dport, original, answer } = world
  const moved: World = { ...world }
  const ends = endsOf({ saddr, daddr, sport, dport, origins: world.origins }, valueAt)
  moved.saddr = ends.saddr
  moved.daddr = ends.daddr
  moved.sport = ends.sport
  moved.dport = ends.dport
  moved.original = original === null ? null : endsOf(original, valueAt)
  moved.answer = answer === null ? null : endsOf(answer, valueAt)
  moved.trace = trace
  return moved
}

type Ends = NonNullable<World['answer']>

const endsOf = ({ saddr, daddr, sport, dport, origins }: Ends, valueAt: ValueAt): Ends => ({
  saddr: valueAt(saddr, origins.saddr),
  daddr: valueAt(daddr, origins.daddr),
  sport: Number(valueAt(sport, origins.sport)),
  dport: Number(valueAt(dport, origins.dport)),
  origins,
})
