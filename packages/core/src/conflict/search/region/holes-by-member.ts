import { intersects, isSingleValue, type RangeSet } from '@portolan/netfilter/analysis'

/** A hole in what holds for several mappings: the mappings that it is for, by number. */
interface Hole {
  readonly members: RangeSet
}

/** Places of holes: those for a single mapping, by its number, and those for several mappings. */
interface HolesByMember {
  readonly ofOne: ReadonlyMap<number, readonly number[]>
  readonly ofSeveral: readonly number[]
}

/** A list with fewer holes than this is scanned without an index. */
const FEW = 16

const byMember = new WeakMap<readonly Hole[], HolesByMember>()

/**
 * The holes that may concern a mapping, in their order. Of hundreds of rules that each name one mapping, few name this
 * one.
 */
export const holesFor = <One extends Hole>(holes: readonly One[], member: number): readonly One[] => {
  if (holes.length < FEW) return holes
  const known = byMember.get(holes) ?? indexHoles(holes)
  byMember.set(holes, known)
  const own = known.ofOne.get(member) ?? []
  const places = known.ofSeveral.length === 0 ? own : [...own, ...known.ofSeveral].sort((a, b) => a - b)
  const found: One[] = []
  for (const place of places) {
    const hole = holes[place]
    if (hole !== undefined) found.push(hole)
  }
  return found
}

/** The holes that concern any mapping of a set, in their order. */
export const holesMeeting = <One extends Hole>(holes: readonly One[], members: RangeSet): readonly One[] =>
  isSingleValue(members)
    ? holesFor(holes, Number(members.starts[0])).filter((hole) => intersects(hole.members, members))
    : holes.filter((hole) => intersects(hole.members, members))

const indexHoles = (holes: readonly Hole[]): HolesByMember => {
  const ofOne = new Map<number, number[]>()
  const ofSeveral: number[] = []
  for (const [place, { members }] of holes.entries()) {
    const only = isSingleValue(members) ? Number(members.starts[0]) : null
    const own = only === null ? ofSeveral : ofOne.get(only)
    if (own !== undefined) own.push(place)
    else if (only !== null) ofOne.set(only, [place])
  }
  return { ofOne, ofSeveral }
}
