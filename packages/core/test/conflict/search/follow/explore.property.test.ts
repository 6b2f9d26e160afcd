import { expect, test } from '@jest/globals'
import { between, compare, type ElementTable, field, member, verdict } from '@portolan/netfilter'
import fc from 'fast-check'
import { hasValue, intersects } from '../../../../../netfilter/src/address/range-set.ts'
import { type Follower, prepareFollower } from '../../../../../netfilter/src/evaluate/flow/follow.ts'
import { openFlow } from '../../../../../netfilter/src/evaluate/flow/open-flow.ts'
import { explore } from '../../../../src/conflict/search/follow/explore.ts'
import { judge } from '../../../../src/conflict/search/follow/judge.ts'
import { rowAlone } from '../../../../src/conflict/search/group/mapping-group.ts'
import {
  type Cell,
  cellsAt,
  type Explored,
  findEquivalentMembers,
} from '../../../../src/conflict/search/members/member-cells.ts'
import { freeFields, type Point, type Region } from '../../../../src/conflict/search/region/region.ts'
import type { Row } from '../../../../src/conflict/search/rows/row.ts'
import { facts, ours, row, rulesets, tableOf, tcp } from './drawn-rulesets.ts'

const contains = (region: Region, point: Point): boolean =>
  freeFields.every((one) => hasValue(region[one], point[one]))

const disjoint = (a: Region, b: Region): boolean => freeFields.some((one) => !intersects(a[one], b[one]))

const verdictOf = ({ judgement }: Pick<Cell, 'judgement'>): string =>
  judgement.kind === 'kept' ? 'kept' : `${judgement.fault} ${judgement.certainty} ${judgement.share}`

const points = fc.array(
  fc.record({
    saddr: fc.nat(255).map((at) => 0xc6336400 + at),
    sport: fc.nat(3).map((at) => 1024 + at),
    daddr: fc.constantFrom(0xc0000202, 0xc0000203, 0xcb007102),
    dport: fc.constant(8080),
  }),
  { minLength: 40, maxLength: 40 },
)

/** The cells of a row that is explored alone. */
const exploreRow = (follower: Follower, one: Row): Explored => {
  const explored = [explore(follower, rowAlone(one))]
  const [equivalents] = findEquivalentMembers(follower, explored, 1)
  const [cells] = cellsAt(follower, explored, 0, equivalents?.cells ?? [])
  if (cells === undefined) throw new Error('there is a row')
  return cells
}

/** The outcome of one packet that is followed alone. */
const judgePoint = (
  follower: Follower,
  of: Row,
  point: { readonly saddr: number; readonly daddr: number; readonly sport: number; readonly dport: number },
): string => {
  const followed = follower.follow(
    openFlow(follower.host, {
      ...{ family: 'ip', protocol: 6, in: 'eth0', port: null, state: 'new', mark: 0 },
      ...{ tcpFlags: null, icmpType: null, icmpCode: 0 },
      ...point,
    }),
  )
  return verdictOf({ judgement: judge(of, followed, point, follower.host) })
}

test('a row is cut into cells that share no packet, hold every packet, and in which all packets fare alike', () => {
  let several = 0
  fc.assert(
    fc.property(rulesets, points, (ruleset, some) => {
      const follower = prepareFollower(facts, [ruleset])
      const { cells, isWhole } = exploreRow(follower, row)
      fc.pre(isWhole)
      if (cells.length > 1) several += 1
      for (const [at, cell] of cells.entries())
        for (const other of cells.slice(at + 1)) expect(disjoint(cell.region, other.region)).toBe(true)
      for (const point of some) {
        const cell = cells.find(({ region }) => contains(region, point))
        if (cell === undefined) throw new Error(`no cell holds ${JSON.stringify(point)}`)
        expect({ point, verdict: judgePoint(follower, row, point) }).toEqual({
          point,
          verdict: verdictOf(cell),
        })
      }
    }),
    { numRuns: 150 },
  )
  expect(several).toBeGreaterThan(10)
}, 600_000)

test('a port range of a service is no reason to look at each of its ports', () => {
  const drop = tableOf(
    'forward',
    'forward',
    0,
    [[compare(field('sport', tcp), between(1024, 1025)), verdict('drop')]],
    [],
  )
  const { cells } = exploreRow(prepareFollower(facts, [{ tables: [ours, drop] }]), row)
  // And three more for the sources that routes tell apart.
  expect(cells.map(({ region }) => [region.sport.starts, region.sport.ends])).toEqual(
    expect.arrayContaining([
      [[1024], [1025]],
      [[1026], [1027]],
    ]),
  )
  expect(cells).toHaveLength(5)
})

test('a set of subnets and port ranges is no reason to look at each of these ports', () => {
  const pairs: ElementTable = {
    name: 'pairs',
    elements: [
      { key: [between(0xc6336400, 0xc633647f), between(443, 9000)], data: member },
      { key: [between(0xc6336440, 0xc63364ff), between(8000, 20_000)], data: member },
    ],
    otherwise: null,
    complete: true,
  }
  const drop = tableOf(
    'forward',
    'forward',
    0,
    [
      [
        { kind: 'lookup', key: [field('saddr'), field('sport', tcp)], table: pairs, negated: false },
        verdict('drop'),
      ],
    ],
    [],
  )
  const { cells, isWhole } = exploreRow(prepareFollower(facts, [{ tables: [ours, drop] }]), row)
  expect(isWhole).toBe(true)
  expect(cells.length).toBeLessThan(20)
})

test('of a client port and a host port that happen to be equal, each is held to what rules ask of it', () => {
  const ports = { starts: [1024], ends: [1027] }
  const samePorts: Row = { ...row, region: { ...row.region, sport: ports, dport: ports } }
  const twins = fc.array(
    fc.record({
      saddr: fc.nat(255).map((at) => 0xc6336400 + at),
      sport: fc.nat(3).map((at) => 1024 + at),
      daddr: fc.constantFrom(0xc0000202, 0xc0000203),
      dport: fc.nat(3).map((at) => 1024 + at),
    }),
    { minLength: 40, maxLength: 40 },
  )
  fc.assert(
    fc.property(rulesets, twins, (ruleset, some) => {
      const follower = prepareFollower(facts, [ruleset])
      const { cells, isWhole } = exploreRow(follower, samePorts)
      fc.pre(isWhole)
      for (const point of some) {
        const cell = cells.find(({ region }) => contains(region, point))
        const told = judgePoint(follower, samePorts, point)
        expect([point, cell === undefined ? 'in no cell' : verdictOf(cell)]).toEqual([point, told])
      }
    }),
    { numRuns: 150 },
  )
})
