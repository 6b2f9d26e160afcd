import { expect, test } from '@jest/globals'
import type { Conflict, Culprit } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { conflictNews } from '../../src/watch/conflict-news.ts'
import { culprit, ofNetwork } from './network-conflicts.ts'

const dropped = ofNetwork('ForwardDropped', 'front', culprit('iptables-nft', '-P FORWARD DROP', 'filter'))
const lost = (holder: string): Conflict => ({
  ...ofNetwork('SubnetOverlap', 'front', culprit('cluster', `block 10.64.15.0/24 of cluster lab ${holder}`)),
  prefix: '10.64.15.0/24',
})

test('conflicts of rules have not gone where they were not looked for', () => {
  const news = conflictNews([dropped], [lost('is held by host h1 now')])
  expect(news.come).toEqual([lost('is held by host h1 now')])
  expect(news.gone).toEqual([])
  // Once the network can be planned again, conflicts that have ended are reported as gone.
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
  expect(
    conflictNews([lost('no longer belongs to this host')], [lost('is held by host h1 now')]),
  ).toMatchObject({
    come: [],
    gone: [],
  })
  const otherBlock: Conflict = {
    ...ofNetwork(
      'SubnetOverlap',
      'front',
      culprit('cluster', 'block fd00:64::/64 of cluster lab is held by host h1 now'),
    ),
    prefix: 'fd00:64::/64',
  }
  expect(
    conflictNews([lost('is held by host h1 now')], [lost('is held by host h1 now'), otherBlock]).come,
  ).toEqual([otherBlock])
  // When one of two ends, that one is reported, in either order.
  const first = lost('is held by host h1 now')
  for (const [gone, left] of [
    [first, otherBlock],
    [otherBlock, first],
  ] as const)
    expect(conflictNews([first, otherBlock], [left])).toMatchObject({ come: [], gone: [gone] })
})

test('a route of another program is told for each block that it takes packets from', () => {
  const taken = (prefix: string): Conflict => ({
    ...{ kind: 'BlockRouteTaken', network: null, mapping: null, published: null, prefix },
    ...{ severity: 'warning', certainty: 'possible', message: prefix, witness: null, trace: [] },
    culprit: culprit('route', '10.64.0.0/10 dev wg0 table 77'),
    remedy: { text: '', commands: [] },
  })
  const blocks = ['10.64.1.0/24', '10.64.2.0/24'].map(taken)
  expect(conflictNews([], blocks).come).toEqual(blocks)
  expect(conflictNews(blocks, blocks.slice(1)).gone).toEqual(blocks.slice(0, 1))
})

const noWayOut = (
  family: Family,
  cause: Culprit,
  message = 'Network front cannot reach the outside.',
): Conflict => ({
  ...ofNetwork('EgressDropped', 'front', cause),
  message,
  witness: {
    ...{ family, in: 'br-front', protocol: 'tcp', state: 'new', destinationPort: 443 },
    ...(family === 'ip'
      ? { source: '172.17.0.1', destination: '198.51.100.7' }
      : { source: 'fd00::2', destination: '2001:db8::7' }),
  },
})

test('what a policy drops of both families is told of both, and so is what ends of one', () => {
  const policy = culprit('iptables-nft', '-P FORWARD DROP', 'filter')
  const both = [noWayOut('ip', policy), noWayOut('ip6', policy)]
  expect(conflictNews([], both).come).toEqual(both)
  expect(conflictNews(both.slice(0, 1), both).come).toEqual(both.slice(1))
  expect(conflictNews(both, both.slice(1)).gone).toEqual(both.slice(0, 1))
})

test('the policies of both variants of iptables are two causes', () => {
  const both = ['iptables-nft', 'iptables-legacy'].map((tool) =>
    noWayOut('ip', culprit(tool, '-P FORWARD DROP', 'filter')),
  )
  expect(conflictNews([], both).come).toEqual(both)
  expect(conflictNews(both, both.slice(1)).gone).toEqual(both.slice(0, 1))
})

test('of two that differ in their words alone, each is told as come and as gone', () => {
  const policy = culprit('iptables-nft', '-P PREROUTING DROP', 'raw')
  const both = ['from each other', 'from this host'].map((words) => noWayOut('ip', policy, words))
  const [first, second] = both
  expect(conflictNews([], both).come).toEqual(both)
  expect(conflictNews(both.slice(0, 1), both).come).toEqual([second])
  expect(conflictNews(both, both.slice(1)).gone).toEqual([first])
  // Other words for the same conflict do not make another conflict.
  expect(conflictNews([noWayOut('ip', policy)], both.slice(0, 1))).toMatchObject({ come: [], gone: [] })
})

test('one that comes while the words of the others change is told, with those', () => {
  const policy = culprit('iptables-nft', '-P PREROUTING DROP', 'raw')
  const of = (...words: readonly string[]): readonly Conflict[] =>
    words.map((one) => noWayOut('ip', policy, one))
  expect(conflictNews(of('a', 'b'), of('A', 'B', 'c')).come).toEqual(of('A', 'B', 'c'))
  expect(conflictNews(of('a', 'b'), of('a', 'B', 'c')).come).toEqual(of('B', 'c'))
})

test('of two in the same words one is told, as come and as gone', () => {
  const one = noWayOut('ip', culprit('iptables-nft', '-P FORWARD DROP', 'filter'))
  expect(conflictNews([], [one, { ...one }]).come).toEqual([one])
  expect(conflictNews([one], [one, { ...one }]).come).toEqual([])
  expect(conflictNews([one, { ...one }], []).gone).toEqual([one])
  expect(conflictNews([one, { ...one }], [one]).gone).toEqual([])
})
