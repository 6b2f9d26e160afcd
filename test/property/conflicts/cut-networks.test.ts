import { expect, test } from '@jest/globals'
import type { DesiredState } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { lowerRules, noRules } from 'portolan'
import { findUncheckedConflicts } from '../../../packages/core/src/conflict/find-rule-conflicts.ts'
import { exploreNetworks } from '../../../packages/core/src/conflict/search/members/explore-networks.ts'
import { seekerOf } from '../../../packages/core/src/conflict/search/members/seeker.ts'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-host/planned-facts.ts'
import { alikeNetworks } from '../../../packages/core/src/conflict/search/rows/alike/alike-networks.ts'
import { surroundingsOf } from '../../../packages/core/src/conflict/search/rows/surroundings.ts'
import { prepareFollower } from '../../../packages/netfilter/src/evaluate/flow/follow.ts'

const COUNT = 4
const base = (at: number): string => `172.30.${at + 1}`

const desired: DesiredState = {
  ...{ project: 'shop', endpoints: [], guardForwarding: false, mappings: [] },
  networks: Array.from({ length: COUNT }, (_, at) => ({
    ...{ name: `net${at}`, bridge: `pt-net${at}`, external: false, mtu: null, internal: false, icc: true },
    ip: { subnet: `${base(at)}.0/24`, gateway: `${base(at)}.1`, masquerade: true, mode: 'nat' },
    ip6: null,
  })),
}

const facts: HostFacts = {
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.2/24'] }],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
}

/** Rules that each match other packets. Together they are too many for the search of one network row. */
const manyRules = (others: readonly string[] = []): string =>
  [
    ...['*filter', ':FORWARD ACCEPT [0:0]'],
    ...others,
    ...Array.from(
      { length: 300 },
      (_, at) => `-A FORWARD -s 203.0.${at % 256}.0/24 -p tcp -m tcp --dport ${1000 + at} -j DROP`,
    ),
    ...['COMMIT', ''],
  ].join('\n')

const rulesetsWith = (text: string) =>
  lowerRules({
    ...noRules,
    nftables: nftables.compile(desired),
    'iptables-legacy': iptables.parse(text, '<saved>'),
  })

const eachAlone: typeof alikeNetworks = (all, ...others) =>
  new Map(all.networks.flatMap((network) => [...alikeNetworks({ ...all, networks: [network] }, ...others)]))

const explored = (text: string) => {
  const rulesets = rulesetsWith(text)
  const planned = plannedFacts(desired, facts, true)
  const follower = prepareFollower(planned, rulesets)
  const around = {
    ip: surroundingsOf(follower.host, facts, desired, 'ip'),
    ip6: surroundingsOf(follower.host, facts, desired, 'ip6'),
  }
  const alike = alikeNetworks(desired, planned, follower.host, rulesets, {
    ip: around.ip.subnets,
    ip6: around.ip6.subnets,
  })
  const found = exploreNetworks(desired, around, alike, seekerOf(follower, rulesets))
  return found.filter(({ family }) => family === 'ip')
}

test('networks that nothing tells apart are looked at once, though the rules are too much for each', () => {
  const [together, ...others] = explored(manyRules())
  expect(others.length).toBe(0)
  expect(together?.networks.length).toBe(COUNT)
  expect(together?.rows.some(({ isWhole }) => !isWhole)).toBe(true)
})

test.each([
  ['by nothing', []],
  ['by a rule for one of them', [`-A FORWARD -s ${base(1)}.0/24 -p udp -j DROP`]],
  ['by a rule for a part of one of them', [`-A FORWARD -d ${base(2)}.128/25 -j DROP`]],
])('what is found of networks told apart %s is found of each alone, the very same', (_name, others) => {
  const rulesets = rulesetsWith(manyRules(others))
  const together = findUncheckedConflicts(desired, facts, rulesets)
  expect(together.length).toBeGreaterThanOrEqual(COUNT)
  expect(together).toEqual(findUncheckedConflicts(desired, facts, rulesets, {}, eachAlone))
})
