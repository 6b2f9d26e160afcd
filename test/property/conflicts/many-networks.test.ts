import { expect, test } from '@jest/globals'
import type { Conflict, DesiredState } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { lowerRules, noRules } from 'portolan'
import { findUncheckedConflicts } from '../../../packages/core/src/conflict/find-rule-conflicts.ts'
import { exploreMappings } from '../../../packages/core/src/conflict/search/members/explore-mappings.ts'
import { exploreNetworks } from '../../../packages/core/src/conflict/search/members/explore-networks.ts'
import { seekerOf } from '../../../packages/core/src/conflict/search/members/seeker.ts'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-host/planned-facts.ts'
import { alikeNetworks } from '../../../packages/core/src/conflict/search/rows/alike/alike-networks.ts'
import { surroundingsOf } from '../../../packages/core/src/conflict/search/rows/surroundings.ts'
import { prepareFollower } from '../../../packages/netfilter/src/evaluate/flow/follow.ts'
import { searchRuns, searchTimeMs } from '../support/runs.ts'

type Network = DesiredState['networks'][number]
type Mapping = DesiredState['mappings'][number]

const COUNT = 6
const places = Array.from({ length: COUNT }, (_, at) => at)
const place = fc.constantFrom(...places)
const base = (at: number): string => `172.30.${at + 1}`

/** Most networks are of the same kind. */
const networks = fc
  .array(fc.constantFrom('nat', 'nat', 'nat', 'nat', 'nat', 'routed', 'internal', 'unprotected', 'no-icc'), {
    minLength: COUNT,
    maxLength: COUNT,
  })
  .map((kinds): readonly Network[] =>
    kinds.map((kind, at) => ({
      ...{ name: `net${at}`, bridge: `pt-net${at}`, external: false, mtu: null },
      ...{ internal: kind === 'internal', icc: kind !== 'no-icc' },
      ip: {
        ...{ subnet: `${base(at)}.0/24`, gateway: `${base(at)}.1`, masquerade: kind !== 'routed' },
        mode: kind === 'routed' ? 'routed' : kind === 'unprotected' ? 'nat-unprotected' : 'nat',
      },
      ip6: null,
    })),
  )

interface Wanted {
  readonly at: number
  readonly host: number
  readonly port: number
  readonly hostAddress: string | null
  readonly allowFrom: readonly string[] | null
  readonly hostPort: number
}

const wanted: fc.Arbitrary<readonly Wanted[]> = fc
  .array(
    fc.record({
      at: place,
      host: fc.integer({ min: 10, max: 12 }),
      port: fc.constantFrom(80, 443),
      hostAddress: fc.constantFrom(null, null, null, '192.0.2.2'),
      allowFrom: fc.constantFrom(
        null,
        null,
        null,
        null,
        ['198.51.100.0/24'],
        ['172.30.2.0/24'],
        ['172.30.3.8/32'],
      ),
    }),
    { minLength: 2, maxLength: 9 },
  )
  .map((all) => all.map((one, at) => ({ ...one, hostPort: 8080 + at })))

const desiredState = fc.tuple(networks, wanted).map(([some, all]): DesiredState => {
  const mappings = all.flatMap(({ at, host, port, hostAddress, allowFrom, hostPort }): readonly Mapping[] => {
    const network = some[at]
    if (network === undefined || network.internal) return []
    const address = `${base(at)}.${host}`
    const kind = network.ip?.mode === 'routed' ? 'direct' : 'nat'
    return [
      {
        ...{ family: 'ip', protocol: 'tcp', kind, interface: null, allowFrom },
        ...{
          hostAddress: kind === 'direct' ? null : hostAddress,
          hostPort: kind === 'direct' ? port : hostPort,
        },
        label: `${hostPort} -> ${address}:${port}`,
        targets: [{ service: address, replica: 1, network: network.name, address, port, weight: 1 }],
      },
    ]
  })
  // Two openings of one port of a container count as one.
  const seen = new Set<string>()
  return {
    ...{ project: 'shop', endpoints: [], guardForwarding: false, networks: some },
    mappings: mappings.filter(({ kind, targets: [{ address, port }] }) => {
      const key = `${address} ${port}`
      if (kind === 'direct' && seen.has(key)) return false
      seen.add(key)
      return true
    }),
  }
})

const prefix = fc.oneof(
  place.map((at) => `${base(at)}.0/24`),
  place.map((at) => `${base(at)}.10/32`),
  place.map((at) => `${base(at)}.128/25`),
  place.map((at) => `${base(at)}.1/32`),
  fc.constantFrom('172.30.0.0/22', '172.30.0.0/16', '172.16.0.0/12', '198.51.100.0/25', '0.0.0.0/1'),
)
const not = fc.boolean().map((negated) => (negated ? '! ' : ''))
const bridge = fc.oneof(
  place.map((at) => `pt-net${at}`),
  fc.constantFrom('pt-+', 'eth0', 'br-+'),
)
const match = fc.oneof(
  fc.tuple(not, fc.constantFrom('-s', '-d'), prefix).map(([no, of, subnet]) => `${no}${of} ${subnet}`),
  fc.tuple(not, bridge).map(([no, name]) => `${no}-i ${name}`),
  fc.constantFrom('-p tcp -m tcp --dport 80', '-p tcp -m tcp --dport 8080:8082', '-p udp -m udp'),
  prefix.map((source) => `-m conntrack --ctorigsrc ${source}`),
)
const outward = fc.oneof(
  match,
  fc.tuple(not, bridge).map(([no, name]) => `${no}-o ${name}`),
)
const asking = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .uniqueArray(one, { maxLength: 3, selector: (text) => text.replace('! ', '').slice(0, 2) })
    .map((all) => all.join(' '))
const verdict = fc.constantFrom('DROP', 'DROP', 'ACCEPT', 'RETURN')
const rules = (chain: string, one: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> =>
  fc.array(
    fc.tuple(asking(one), verdict).map(([asked, then]) => `-A ${chain} ${asked} -j ${then}`),
    { maxLength: 2 },
  )

const saved = fc
  .tuple(
    rules('PREROUTING', match),
    rules('FORWARD', outward),
    fc.array(
      fc.tuple(not, prefix).map(([no, source]) => `-A POSTROUTING ${no}-s ${source} -j MASQUERADE`),
      { maxLength: 1 },
    ),
    fc.constantFrom('ACCEPT', 'ACCEPT', 'DROP'),
  )
  .map(([early, forward, nat, policy]) =>
    [
      ...['*mangle', ':PREROUTING ACCEPT [0:0]', ...early, 'COMMIT'],
      ...['*nat', ':POSTROUTING ACCEPT [0:0]', ...nat, 'COMMIT'],
      ...['*filter', `:FORWARD ${policy} [0:0]`, ...forward, 'COMMIT', ''],
    ].join('\n'),
  )

const facts = fc
  .record({
    route: fc.option(fc.tuple(prefix, fc.constantFrom('eth1', 'pt-net0'))),
    policy: fc.option(prefix),
    filter: fc.option(fc.tuple(place, fc.constantFrom('0', '1', '2'))),
    forwarding: fc.option(place),
    bridgeCalls: fc.constantFrom('0', '1'),
  })
  .map(
    ({ route, policy, filter, forwarding, bridgeCalls }): HostFacts => ({
      interfaces: [
        { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8'] },
        { name: 'eth0', up: true, addresses: ['192.0.2.2/24'] },
        { name: 'eth1', up: true, addresses: ['203.0.113.2/24'] },
      ],
      routes: [
        { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
        ...(route === null ? [] : [{ destination: route[0], interface: route[1] }]),
        { destination: '198.51.100.0/26', gateway: '203.0.113.1', interface: 'eth1', table: 100 },
      ],
      rules: policy === null ? [] : [{ priority: 100, from: policy, table: 100 }],
      sysctls: {
        ...{ 'net.ipv4.ip_forward': '1', 'net.bridge.bridge-nf-call-iptables': bridgeCalls },
        ...(filter === null ? {} : { [`net.ipv4.conf.pt-net${filter[0]}.rp_filter`]: filter[1] }),
        ...(forwarding === null ? {} : { [`net.ipv4.conf.pt-net${forwarding}.forwarding`]: '0' }),
      },
    }),
  )

/** The conflicts without their witnesses, and without the order in which senders are named. */
const told = (conflicts: readonly Conflict[]): readonly string[] =>
  conflicts
    .map(({ severity, certainty, kind, mapping, network, message, culprit }) =>
      [
        ...[severity, certainty, kind, mapping, network, culprit?.chain, culprit?.text],
        message.split(/[ ,]+/).sort().join(' '),
      ].join(' | '),
    )
    .sort()

const eachAlone: typeof alikeNetworks = (desired, ...others) =>
  new Map(
    desired.networks.flatMap((network) => [...alikeNetworks({ ...desired, networks: [network] }, ...others)]),
  )

test.each(['nftables', 'iptables-nft'] as const)(
  'of networks that are looked at together the same is found as of each alone, beside %s',
  (backend) => {
    let [hosts, together, conflicts] = [0, 0, 0]
    fc.assert(
      fc.property(desiredState, facts, saved, (desired, host, text) => {
        const ours =
          backend === 'nftables'
            ? { nftables: nftables.compile(desired) }
            : { [backend]: iptables.compile(desired) }
        const rulesets = [
          ...lowerRules({ ...noRules, ...ours }),
          ...lowerRules({ ...noRules, 'iptables-legacy': iptables.parse(text, '<saved>') }),
        ]
        const counting: typeof alikeNetworks = (...asked) => {
          const alike = alikeNetworks(...asked)
          if ([...alike.values()].some((one) => one.networks.length > 1)) together += 1
          return alike
        }
        // The search without remedies is enough for the comparison.
        const found = findUncheckedConflicts(desired, host, rulesets, {}, counting)
        hosts += 1
        conflicts += found.length
        expect(told(found)).toEqual(told(findUncheckedConflicts(desired, host, rulesets, {}, eachAlone)))
      }),
      searchRuns(12),
    )
    // A host has several conflicts, and half of the hosts treat some networks alike. A slow machine tests fewer hosts.
    expect(conflicts).toBeGreaterThan(hosts / 4)
    expect(together).toBeGreaterThan(hosts / 10)
  },
  120_000 + searchTimeMs,
)

/** So many networks of one kind, each with a mapping. */
const manyNetworks = (count: number): DesiredState => {
  const all = Array.from({ length: count }, (_, at) => at)
  return {
    ...{ project: 'shop', endpoints: [], guardForwarding: false },
    networks: all.map((at) => ({
      ...{ name: `net${at}`, bridge: `pt-net${at}`, external: false, mtu: null, internal: false, icc: true },
      ip: { subnet: `${base(at)}.0/24`, gateway: `${base(at)}.1`, masquerade: true, mode: 'nat' },
      ip6: null,
    })),
    mappings: all.map((at) => ({
      ...{ family: 'ip', protocol: 'tcp', kind: 'nat', interface: null, allowFrom: null, hostAddress: null },
      ...{ label: `${8080 + at}`, hostPort: 8080 + at },
      targets: [
        { service: 'web', replica: 1, network: `net${at}`, address: `${base(at)}.2`, port: 80, weight: 1 },
      ],
    })),
  }
}

test.each(['nftables', 'iptables-nft'] as const)(
  'no more packets are followed for 48 networks than for 6, beside %s',
  (backend) => {
    const follows = [6, 48].map((count) => {
      const desired = manyNetworks(count)
      const ours =
        backend === 'nftables'
          ? { nftables: nftables.compile(desired) }
          : { [backend]: iptables.compile(desired) }
      const planned = plannedFacts(desired, onePort, true)
      const rulesets = lowerRules({ ...noRules, ...ours })
      const follower = prepareFollower(planned, rulesets)
      let followed = 0
      const counting: typeof follower = {
        ...follower,
        follow: (world) => {
          followed += 1
          return follower.follow(world)
        },
      }
      const around = {
        ip: surroundingsOf(follower.host, onePort, desired, 'ip'),
        ip6: surroundingsOf(follower.host, onePort, desired, 'ip6'),
      }
      const alike = alikeNetworks(desired, planned, follower.host, rulesets, {
        ip: around.ip.subnets,
        ip6: around.ip6.subnets,
      })
      const seek = seekerOf(counting, rulesets)
      const beside = { around, taken: { starts: [], ends: [] }, alike, others: [] }
      exploreMappings(desired, desired.mappings, beside, seek)
      exploreNetworks(desired, around, alike, seek)
      return followed
    })
    expect(follows[0]).toBeGreaterThan(5)
    expect(follows[1]).toBe(follows[0])
  },
)

const onePort: HostFacts = {
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.2/24'] }],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
}
