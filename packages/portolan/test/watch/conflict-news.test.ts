import { expect, test } from '@jest/globals'
import type { Conflict, Culprit, NetworkConflict } from '@portolan/core'
import { conflictNews } from '../../src/watch/conflict-news.ts'

const culprit = (tool: string, text: string, table: string | null = null): Culprit => ({
  ...{
    tool,
    text,
    table,
    family: null,
    chain: null,
    position: null,
    handle: null,
    owner: null,
    counters: null,
  },
})

const ofNetwork = (kind: NetworkConflict['kind'], network: string, cause: Culprit | null): Conflict => ({
  ...{ kind, network, mapping: null, published: null, severity: 'error', certainty: 'certain' },
  ...{ message: `${kind} of ${network}`, witness: null, culprit: cause, trace: [] },
  remedy: { text: '', commands: [] },
})

const dropped = ofNetwork('ForwardDropped', 'front', culprit('iptables-nft', '-P FORWARD DROP', 'filter'))
const lost = (holder: string) =>
  ofNetwork('SubnetOverlap', 'front', culprit('cluster', `block 10.64.15.0/24 of cluster lab ${holder}`))

test('conflicts of rules have not gone where they were not looked for', () => {
  const news = conflictNews([dropped], [lost('is held by host h1 now')])
  expect(news.come).toEqual([lost('is held by host h1 now')])
  expect(news.gone).toEqual([])
  // Once the network can be as planned again, they are told as gone if they are.
  expect(conflictNews(news.known, []).gone).toEqual([lost('is held by host h1 now'), dropped])
  expect(conflictNews(news.known, [dropped])).toMatchObject({
    come: [],
    gone: [lost('is held by host h1 now')],
  })
})

test('those of another network, and those of no rule, have gone', () => {
  const other = ofNetwork('ForwardDropped', 'back', dropped.culprit)
  const inUse = ofNetwork('BridgeNameTaken', 'front', culprit('address', 'eth1'))
  expect(conflictNews([other, inUse], [lost('is held by host h1 now')]).gone).toEqual([other, inUse])
})

test('a block whose holder changes is the same one, and another block is not', () => {
  expect(conflictNews([lost('is no longer of this host')], [lost('is held by host h1 now')])).toMatchObject({
    come: [],
    gone: [],
  })
  const otherBlock = ofNetwork(
    'SubnetOverlap',
    'front',
    culprit('cluster', 'block fd00:64::/64 of cluster lab is held by host h1 now'),
  )
  expect(
    conflictNews([lost('is held by host h1 now')], [lost('is held by host h1 now'), otherBlock]).come,
  ).toEqual([otherBlock])
})
