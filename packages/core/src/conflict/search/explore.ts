import type { RangeSet } from '../../address/range-set.ts'
import type { Followed, Follower } from '../../evaluate/follow.ts'
import type { Condition, FreeField, Learner } from '../../evaluate/learner.ts'
import { openFlow } from '../../evaluate/open-flow.ts'
import { type Judgement, judge } from './judge.ts'
import { freeFields, isEmptyRegion, narrow, type Point, pick, type Region, without } from './region.ts'
import type { Row } from './row.ts'

/** Packets that fare alike. */
export interface Cell {
  readonly row: Row
  /** The whole of them. */
  readonly region: Region
  /** One of them. */
  readonly point: Point
  readonly judgement: Judgement
}

/** A row cut into cells. */
export interface Explored {
  readonly row: Row
  readonly cells: readonly Cell[]
  /** All of the row was seen. */
  readonly isWhole: boolean
  /** For which other ports all of this holds; nothing of the kind where `isShared` is false. */
  readonly ports: readonly Condition[]
  readonly isShared: boolean
}

/** The ports of a mapping and of others like it, for all of which it is to be explored. */
export interface Ports {
  readonly host: { readonly value: number; readonly set: RangeSet }
  readonly target: { readonly value: number; readonly set: RangeSet }
}

/** More kinds of packets than this are not told apart in one row of a mapping; or of a network, which is told once. */
const mostCells = { mapping: 512, network: 12 } as const

const nothing: ReadonlySet<object> = new Set()

/**
 * Cuts the packets of a row into cells that fare alike, exactly: one packet is followed, and all that the rules,
 * routes and sets asked of it says which others go the very same way; then one of those that are left, until none
 * is.
 */
export const explore = (follower: Follower, row: Row, shared: Ports | null = null): Explored => {
  const cells: Cell[] = []
  const ports: Condition[] = []
  let isShared = shared !== null
  const left: Region[] = [row.region]
  for (let region = left.pop(); region !== undefined; region = left.pop()) {
    if (cells.length >= mostCells[row.mapping === null ? 'network' : 'mapping'])
      return { row, cells, isWhole: false, ports, isShared: false }
    const point = pick(region, row.prefers)
    const learner = learnerFor(row, region, point, shared)
    const judgement = judge(row, follow(follower, row, point, learner), point, follower.host)
    const narrowed = learner.blurred ? region : narrow(region, learner.conditions)
    for (const condition of learner.conditions) if (isOfPort(condition)) ports.push(condition)
    if (learner.blurred || isMistaken(shared, point)) isShared = false
    // What was asked of a value that only looked like a free one says nothing of the others.
    const cell = isEmptyRegion(narrowed) ? only(region, point) : narrowed
    cells.push({ row, region: cell, point, judgement: learner.blurred ? doubt(judgement) : judgement })
    left.push(...without(region, cell))
  }
  return { row, cells, isWhole: true, ports, isShared }
}

const isOfPort = ({ field }: Condition): boolean => field === 'hostPort' || field === 'targetPort'

/** A client that speaks from the very port would be taken for the mapping, or the other way round. */
const isMistaken = (ports: Ports | null, { sport }: Point): boolean =>
  ports !== null && (sport === ports.host.value || sport === ports.target.value)

const doubt = (judgement: Judgement): Judgement =>
  judgement.kind === 'kept' ? judgement : { ...judgement, certainty: 'possible' }

const only = (region: Region, point: Point): Region => {
  const exact = { ...region }
  for (const field of freeFields) exact[field] = { starts: [point[field]], ends: [point[field]] }
  return exact
}

/** What becomes of a packet of a row. */
export const followPoint = (follower: Follower, row: Row, point: Point): Judgement =>
  judge(row, follow(follower, row, point, null), point, follower.host)

/** What would become of a packet if some rules were not there. */
export const followWithout = (
  follower: Follower,
  row: Row,
  point: Point,
  ignored: ReadonlySet<object>,
): Judgement =>
  judge(
    row,
    follow(follower, row, point, {
      free: new Map(),
      region: row.region,
      conditions: [],
      blurred: false,
      isLenient: false,
      ignored,
    }),
    point,
    follower.host,
  )

const learnerFor = (row: Row, region: Region, point: Point, ports: Ports | null): Learner => {
  const free = new Map<number | bigint, FreeField>()
  if (ports !== null) free.set(ports.target.value, 'targetPort').set(ports.host.value, 'hostPort')
  for (const field of freeFields) {
    // What the kernel chooses follows from the destination.
    if (field === 'saddr' && row.choosesSource) continue
    const { starts, ends } = region[field]
    if (starts.length > 1 || starts[0] !== ends[0]) free.set(point[field], field)
  }
  return {
    free,
    region:
      ports === null ? row.region : { ...row.region, hostPort: ports.host.set, targetPort: ports.target.set },
    conditions: [],
    blurred: false,
    isLenient: false,
    ignored: nothing,
  }
}

const follow = (follower: Follower, row: Row, point: Point, learner: Learner | null): Followed =>
  follower.follow(
    openFlow(
      follower.host,
      {
        family: row.family,
        protocol: row.protocol,
        in: row.in,
        port: null,
        saddr: row.choosesSource ? null : point.saddr,
        daddr: point.daddr,
        sport: Number(point.sport),
        dport: Number(point.dport),
        state: 'new',
        mark: 0,
        tcpFlags: null,
        icmpType: null,
        icmpCode: 0,
      },
      learner,
    ),
  )
