import type { NetfilterChain, NetfilterRule } from '@portolan/netfilter'
import type { Follower, PacketField } from '@portolan/netfilter/analysis'
import { emptyRanges, intersects, isEmptySet, type RangeSet, singleValue } from '@portolan/netfilter/analysis'
import { type Area, holds, isNone, type MemberPoint, onlyPoint } from '../region/area.ts'
import { meet, pick, type Region, withSet } from '../region/region.ts'
import type { Row } from '../rows/row.ts'
import { followPoint, type GroupCell } from './explore.ts'
import { failingPacket } from './failing-packet.ts'
import { ruleForm } from './rule-form.ts'
import { cannotMatch, type FieldMatch, fieldsOf, type Suspect } from './suspects.ts'

/** The most culprits of one form that are sought in one chain for one row: they are reported together. */
const MOST_OF_A_FORM = 8

/** The most packets that are followed for one row. */
const MOST_FOLLOWED = 1024

/**
 * The most rules, or elements of their sets, that are compared with one row: each time, what they match is read anew.
 */
const MOST_ASKED = 131_072

/**
 * After so many packets that rules of one chain match and that are still served, the chain does not seem to be met.
 * Most hosts accept replies before they match anything else.
 */
const mostInVain = { packets: 512, answers: 32 } as const

/**
 * Looks for culprits in the rest of a row that has too many kinds of packets. For each rule that may stop or change
 * packets, one packet that the rule matches is followed, once as a packet of the row and once as a reply.
 *
 * @param cells - the known cells of the row
 * @returns a cell with one packet for each failure
 */
export const seekCulprits = (
  follower: Follower,
  row: Row,
  cells: readonly GroupCell[],
  suspects: readonly Suspect[],
): readonly GroupCell[] => {
  const found: GroupCell[] = []
  const followed = new Set<string>()
  let asked = 0
  for (const [way, turn] of [
    ['packets', there],
    ['answers', back],
  ] as const) {
    // Most chains have no culprit, and finding the form of a rule takes longer than all else here.
    const isEnough = ({ guilty, inVain }: Score, rule: NetfilterRule): boolean =>
      guilty.size === 0 ? inVain >= mostInVain[way] : (guilty.get(ruleForm(rule)) ?? 0) >= MOST_OF_A_FORM
    const heldAgainst = (asks: PacketField): PacketField | null => {
      const field = turn(asks)
      return mayBeTarget(row, field) ? null : field
    }
    const scores = new Map<NetfilterChain, Score>()
    for (const suspect of suspects) {
      const { chain, rule } = suspect
      let score = scores.get(chain)
      if (score === undefined) {
        score = { guilty: new Map(), inVain: 0 }
        scores.set(chain, score)
      }
      if (isEnough(score, rule) || !mayMeet(suspect, row, way)) continue
      if (!suspect.looksUp && cannotMatch(rule, row.region, heldAgainst)) {
        asked += 1
        continue
      }
      for (const matches of fieldsOf(suspect)) {
        asked += 1
        if (asked > MOST_ASKED) return found
        const region = meeting(row, matches, turn)
        if (region === null || isNone(row, region)) continue
        const at: MemberPoint = { member: 0, point: pick(region, row) }
        const key = Object.values(at.point).join(' ')
        if (followed.has(key) || cells.some(({ area }) => holds(area, at))) continue
        if (followed.size >= MOST_FOLLOWED || isEnough(score, rule)) break
        followed.add(key)
        const judgement = followPoint(follower, row, at.point)
        if (judgement.kind === 'kept') score.inVain += 1
        else {
          const form = ruleForm(rule)
          score.guilty.set(form, (score.guilty.get(form) ?? 0) + 1)
          const area: Area = { members: singleValue(at.member), region, holes: [] }
          const shown = failingPacket({ ...at, judgement }, area, row, (other) =>
            followPoint(follower, row, other),
          )
          found.push({ ...shown, member: at.member, area: onlyPoint({ ...at, ...shown }) })
        }
      }
    }
  }
  return found
}

interface Score {
  /** The number of culprits of each form. */
  readonly guilty: Map<string, number>
  inVain: number
}

/**
 * Whether a packet of the row, or a reply, may meet the rule. A reply comes in by the interface that its flow leaves
 * by.
 */
const mayMeet = ({ protocols, interfaces }: Suspect, row: Row, way: 'packets' | 'answers'): boolean => {
  if (protocols?.some(({ first, last }) => first <= row.protocol && row.protocol <= last) === false)
    return false
  return way === 'answers' || interfaces === undefined || (row.in !== null && interfaces.includes(row.in))
}

type Turn = (field: PacketField) => PacketField

const there: Turn = (field) => field

/** The field of the first packet that a field of the reply corresponds to. */
const back: Turn = (field) => others[field]

const others: Readonly<Record<PacketField, PacketField>> = {
  saddr: 'daddr',
  daddr: 'saddr',
  sport: 'dport',
  dport: 'sport',
}

/** The packets of a row that a rule matches; null: there are none. */
const meeting = (row: Row, matches: readonly FieldMatch[], turn: Turn): Region | null => {
  let met = row.region
  for (const { field: asked, set, inside } of matches) {
    const field = turn(asked)
    if (!isSameFamily(set, met[field])) return null
    const some = inside && !intersects(met[field], set) ? emptyRanges : meet(met[field], set, inside)
    if (!isEmptySet(some)) {
      if (some !== met[field]) met = withSet(met, field, some)
    } else if (!mayBeTarget(row, field)) return null
  }
  return met
}

/** Whether a rule may match the translated destination of a mapping's packet in this field. */
const mayBeTarget = ({ mapping }: Row, field: PacketField): boolean =>
  mapping !== null && (field === 'daddr' || field === 'dport')

const isSameFamily = (a: RangeSet, b: RangeSet): boolean => {
  const one = a.starts[0]
  const other = b.starts[0]
  return one === undefined || other === undefined || typeof one === typeof other
}
