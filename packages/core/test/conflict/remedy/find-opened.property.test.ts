import { expect, test } from '@jest/globals'
import { compare, field, type MatchStep, named, oneOf, type Step, verdict } from '@portolan/netfilter'
import { valueSet } from '@portolan/netfilter/analysis'
import fc from 'fast-check'
import { findOpened } from '../../../src/conflict/remedy/find-opened.ts'
import type { Judged, Suspects } from '../../../src/conflict/remedy/judged.ts'
import type { Region } from '../../../src/conflict/search/region/region.ts'
import { isOpenedAlone } from './opened-alone.ts'
import {
  base,
  judgedIn,
  ofValues,
  packetsOf,
  region,
  routed,
  type Scene,
  scene,
  tableOf,
  tcp,
  value,
} from './remedied-scene.ts'

/** Compares the search's answer with that of following each packet alone. */
const check = (one: Scene): 'refused' | 'held' => {
  const judged = judgedIn(one)
  const suspects: Suspects = {
    ...{ family: 'ip', protocol: 6, in: one.from },
    region: one.from === 'br-web' ? routed : region,
  }
  const found = findOpened(judged, suspects)
  const opened = packetsOf(suspects.region).filter((point) => isOpenedAlone(judged, suspects, point))
  expect(found?.kind).toBe(opened.length === 0 ? undefined : 'packet')
  if (found?.kind === 'packet') expect(opened).toContainEqual(found.point)
  return found === null ? 'held' : 'refused'
}

test('a remedy is refused if one packet of all, followed by itself, comes in that must not, and never else', () => {
  const seen = { refused: 0, held: 0 }
  fc.assert(
    fc.property(scene, (one) => {
      seen[check(one)] += 1
    }),
    { numRuns: 400 },
  )
  expect(seen.refused).toBeGreaterThan(15)
  expect(seen.held).toBeGreaterThan(100)
})

const dport = (port: number): MatchStep => compare(field('dport', tcp), oneOf(port))

/** A chain that stops packets, and a remedy before its first rule. */
const behind = (
  rules: readonly (readonly Step[])[],
  matches: readonly MatchStep[],
  open: readonly Region[],
): Scene => ({
  tables: [tableOf('mixed', base('forward', 0, rules), { name: 'side', base: null, rules: [] })],
  insertions: [{ chain: 'filter forward', at: 0, matches: [...matches], accepts: true, isAlike: false }],
  culprits: { policy: false, rules: [0] },
  ...{ open, from: 'eth0' },
})

test('that a packet has nothing to do with a remedy says nothing of those that its rules ask for', () => {
  const drop = [dport(80), verdict('drop')]
  expect(check(behind([drop], [dport(80)], []))).toBe('refused')
  expect(check(behind([drop], [dport(80)], [{ ...region, dport: valueSet([80]) }]))).toBe('held')
})

test('that a packet passes where the culprit is not says nothing of those that a ban stops behind it', () => {
  const culprit = [fromEth0, verdict('drop')]
  const ban = [compare(field('saddr', { family: 'ip' }), ofValues(['198.51.100.8'])), verdict('drop')]
  expect(check(behind([culprit, ban], [fromEth0], [region]))).toBe('refused')
  expect(check(behind([culprit], [fromEth0], [region]))).toBe('held')
})

/** The number of kinds of packets that the search distinguishes, and the number of followed packets. */
const effort = (one: Scene, among: Region): { readonly kinds: number; readonly follows: number } => {
  const judged = judgedIn(one)
  const counted = { kinds: 0, follows: 0 }
  const counting: Judged = {
    ...judged,
    follower: {
      ...judged.follower,
      follow: (world) => {
        counted.follows += 1
        return judged.follower.follow(world)
      },
    },
    mayFollow: () => {
      counted.kinds += 1
      return true
    },
  }
  expect(findOpened(counting, { family: 'ip', protocol: 6, in: 'eth0', region: among })).toBeNull()
  return counted
}

const fromEth0 = compare(field('iifname'), named('eth0'))
const dropped = behind([[fromEth0, verdict('drop')]], [fromEth0], [region])

test('clients of the host itself are one kind, by whatever way the answers leave: no forwarded packet is among them', () => {
  expect(effort(dropped, { ...region, daddr: valueSet([value('192.0.2.2')]) })).toEqual({
    kinds: 1,
    follows: 1,
  })
})

test('a packet that the contract lets through, and that passes without the culprit, is followed once', () => {
  const { kinds, follows } = effort(dropped, { ...region, daddr: valueSet([value('172.17.0.2')]) })
  expect(follows).toBe(kinds)
  // By the interface of the answer: eth0, eth1, none, a neighbour of the container, or a broadcast address.
  expect(kinds).toBe(5)
})
