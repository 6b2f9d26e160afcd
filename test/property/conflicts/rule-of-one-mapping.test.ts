import { expect, test } from '@jest/globals'
import type { DesiredState } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { lowerRules, noRules } from 'portolan'
import { followWithout } from '../../../packages/core/src/conflict/search/follow/explore.ts'
import { exploreMappings } from '../../../packages/core/src/conflict/search/members/explore-mappings.ts'
import { seekerOf } from '../../../packages/core/src/conflict/search/members/seeker.ts'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-host/planned-facts.ts'
import { alikeNetworks } from '../../../packages/core/src/conflict/search/rows/alike/alike-networks.ts'
import { surroundingsOf } from '../../../packages/core/src/conflict/search/rows/surroundings.ts'
import { prepareFollower } from '../../../packages/netfilter/src/evaluate/flow/follow.ts'
import { runs } from '../support/runs.ts'

const facts: HostFacts = {
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.2/24'] }],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.bridge.bridge-nf-call-iptables': '1' },
}

/** So many mappings that lead to one container, or (`apart`) each to its own. */
const desiredOf = (count: number, apart: boolean): DesiredState => ({
  ...{ project: 'shop', endpoints: [], guardForwarding: false },
  networks: [
    {
      ...{ name: 'web', bridge: 'pt-web', external: false, internal: false, icc: true, mtu: null, ip6: null },
      ip: { subnet: '172.30.1.0/24', gateway: '172.30.1.1', mode: 'nat', masquerade: true },
    },
  ],
  mappings: Array.from({ length: count }, (_, at) => {
    const address = `172.30.1.${10 + (apart ? at : 0)}`
    return {
      ...{ family: 'ip', protocol: 'tcp', kind: 'nat', hostAddress: null, interface: null, allowFrom: null },
      label: `${8080 + at} -> ${address}:80`,
      hostPort: 8080 + at,
      targets: [{ service: 'web', replica: 1, network: 'web', address, port: 80, weight: 1 }],
    }
  }),
})

const source = fc.constantFrom('198.51.100.0/24', '198.51.100.0/25', '198.51.100.7/32', '203.0.113.0/24')
const verdict = fc.constantFrom('DROP', 'DROP', 'DROP', 'ACCEPT', 'RETURN')

/** Before translation a rule matches the port of one mapping or of some. After it, the rule matches the port of all. */
const before = fc
  .tuple(source, fc.integer({ min: 8080, max: 8086 }), fc.constantFrom(0, 0, 0, 2), verdict)
  .map(
    ([from, port, more, target]) =>
      `-A PREROUTING -s ${from} -p tcp -m tcp --dport ${more === 0 ? port : `${port}:${port + more}`} -j ${target}`,
  )
const behind = fc.oneof(
  fc
    .tuple(source, fc.constantFrom('', ' -p tcp -m tcp --dport 80', ' -p tcp -m tcp --sport 40000'), verdict)
    .map(([from, port, target]) => `-A FORWARD -s ${from}${port} -j ${target}`),
  fc
    .tuple(fc.integer({ min: 10, max: 14 }), fc.constantFrom('-s', '-d'))
    .map(([at, side]) => `-A FORWARD ${side} 172.30.1.${at}/32 -j DROP`),
)

const saved = (mangle: readonly string[], filter: readonly string[]): string =>
  [
    ...['*mangle', ':PREROUTING ACCEPT [0:0]', ...mangle, 'COMMIT'],
    ...['*filter', ':FORWARD ACCEPT [0:0]', ...filter, 'COMMIT', ''],
  ].join('\n')

test('what one rule alone makes of packets of a mapping ends with that rule', () => {
  let told = 0
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.boolean(),
      fc.boolean(),
      fc.array(before, { minLength: 1, maxLength: 8 }),
      fc.array(behind, { maxLength: 3 }),
      (count, apart, isNft, mangle, filter) => {
        const desired = desiredOf(count, apart)
        const foreign = iptables.parse(saved(mangle, filter))
        const rulesets = lowerRules(
          isNft
            ? { ...noRules, nftables: nftables.compile(desired), 'iptables-legacy': foreign }
            : { ...noRules, 'iptables-nft': foreign, 'iptables-legacy': iptables.compile(desired) },
        )
        const planned = plannedFacts(desired, facts, true)
        const follower = prepareFollower(planned, rulesets)
        const around = {
          ip: surroundingsOf(follower.host, facts, desired, 'ip'),
          ip6: surroundingsOf(follower.host, facts, desired, 'ip6'),
        }
        const subnets = { ip: around.ip.subnets, ip6: around.ip6.subnets }
        const alike = alikeNetworks(desired, planned, follower.host, rulesets, subnets)
        const beside = { around, taken: { starts: [], ends: [] }, alike, others: [] }
        for (const { rows } of exploreMappings(
          desired,
          desired.mappings,
          beside,
          seekerOf(follower, rulesets),
        ))
          for (const { row, cells } of rows)
            for (const { member, point, servedWithout } of cells) {
              const own = row.rowOf(member)
              if (servedWithout === undefined || own === undefined) continue
              told += 1
              expect(followWithout(follower, own, point, new Set([servedWithout])).kind).toBe('kept')
            }
      },
    ),
    runs(300),
  )
  expect(told).toBeGreaterThan(100)
}, 600_000)
