import { expect, test } from '@jest/globals'
import { incompleteRows } from '../../../../src/conflict/incomplete-search.ts'
import type { GroupCell } from '../../../../src/conflict/search/follow/explore.ts'
import { rowAlone } from '../../../../src/conflict/search/group/mapping-group.ts'
import { withinBudget } from '../../../../src/conflict/search/members/seeker.ts'
import type { Region } from '../../../../src/conflict/search/region/region.ts'
import type { Row } from '../../../../src/conflict/search/rows/row.ts'
import { network } from '../../../contract/state.ts'

const any = { starts: [1], ends: [65535] }
const region: Region = { saddr: any, daddr: any, sport: any, dport: any }
const row: Row = {
  source: 'machine',
  way: 'direct',
  family: 'ip',
  protocol: 6,
  mapping: null,
  network: network('web'),
  in: 'eth0',
  isUplink: true,
  region,
  prefers: null,
  choosesSource: false,
  expected: { kind: 'through', bridge: 'br-web', seenAs: 'own' },
}
const cell: GroupCell = {
  area: { members: { starts: [0], ends: [0] }, region, holes: [] },
  member: 0,
  point: { saddr: 1, daddr: 2, sport: 3, dport: 4 },
  judgement: { kind: 'kept' },
}

test('rows that come after all the kinds of packets of a search are not looked at, and that is told', () => {
  let looks = 0
  const seek = withinBudget((one) => {
    looks += 1
    return { row: one, cells: [cell, cell], isWhole: true, doubts: new Set() }
  }, 4)
  const explored = Array.from({ length: 5 }, () => seek(rowAlone(row)))
  expect(looks).toBe(2)
  expect(explored.map(({ isWhole }) => isWhole)).toEqual([true, true, false, false, false])
  expect(incompleteRows(explored.slice(0, 2), 0)).toEqual([])
  expect(incompleteRows(explored, 0)).toEqual([
    {
      mapping: null,
      network: 'web',
      what: 'packets of other machines behind eth0 for containers of network web (TCP, IPv4)',
      why: 'The rules tell more than 200000 kinds of packets apart. None of these was looked at.',
    },
  ])
})
