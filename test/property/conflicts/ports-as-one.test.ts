import { expect, test } from '@jest/globals'
import type { DesiredState } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts, NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import type { Passage } from '@portolan/netfilter/advice'
import { emptyRanges, prepareFollower, type RangeSet, valueSet } from '@portolan/netfilter/analysis'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { type Backend, lowerRules, noRules } from 'portolan'
import { findOpened, type Opened } from '../../../packages/core/src/conflict/remedy/find-opened.ts'
import { acceptPassage, withInsertions } from '../../../packages/core/src/conflict/remedy/insertion.ts'
import type { Judged, Suspects } from '../../../packages/core/src/conflict/remedy/judged.ts'
import { openPackets } from '../../../packages/core/src/conflict/remedy/open-packets.ts'
import { ownPorts } from '../../../packages/core/src/conflict/remedy/own-ports.ts'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-facts.ts'
import type { Point, Region } from '../../../packages/core/src/conflict/search/region.ts'
import { addressValue } from '../../../packages/core/src/conflict/search/subnets.ts'
import { surroundingsOf } from '../../../packages/core/src/conflict/search/surroundings.ts'
import { isOpenedAlone } from '../../../packages/core/test/conflict/remedy/opened-alone.ts'
import { type NftRule, nftListing } from './nft-rules.ts'

const host: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24', '192.0.2.3/24'] },
    { name: 'eth1', up: true, addresses: ['203.0.113.2/24'] },
  ],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.rp_filter': '0' },
}

type Mapping = DesiredState['mappings'][number]

type Protocol = 'tcp' | 'udp'

const mappingOf = (protocol: Protocol) =>
  fc
    .record({
      hostPort: fc.integer({ min: 8080, max: 8087 }),
      // Null: the container's port equals the host port.
      port: fc.constantFrom(80, 81, 8081, 8083, null, null),
      last: fc.integer({ min: 10, max: 12 }),
      hostAddress: fc.constantFrom(null, null, null, null, '192.0.2.2', '127.0.0.1'),
      allowFrom: fc.constantFrom(null, null, null, ['198.51.100.0/24']),
    })
    .map(({ hostPort, port, last, hostAddress, allowFrom }): Mapping => {
      const address = `172.30.1.${last}`
      return {
        ...{ family: 'ip', protocol, kind: 'nat', interface: null },
        ...{ label: `${hostPort} -> ${address}`, hostAddress, hostPort, allowFrom },
        targets: [
          { service: address, replica: 1, network: 'web', address, port: port ?? hostPort, weight: 1 },
        ],
      }
    })

const desiredFor = (mappings: readonly Mapping[], icc: boolean): DesiredState => ({
  ...{ project: 'shop', endpoints: [], guardForwarding: false, mappings },
  networks: [
    {
      ...{ name: 'web', bridge: 'pt-web', external: false, internal: false, icc, mtu: null, ip6: null },
      ip: { subnet: '172.30.1.0/24', gateway: '172.30.1.1', masquerade: true, mode: 'nat' },
    },
  ],
})

const desiredOf = (protocol: Protocol) =>
  fc
    .record({
      mappings: fc.uniqueArray(mappingOf(protocol), {
        ...{ minLength: 3, maxLength: 8 },
        selector: ({ hostPort }) => hostPort,
      }),
      icc: fc.constantFrom(true, true, false),
    })
    .map(({ mappings, icc }) => desiredFor(mappings, icc))

const matchOf = (protocol: Protocol) =>
  fc.oneof(
    fc.constantFrom('198.51.100.0/24', '172.30.1.10/31', '192.0.2.2/32').map((source) => `-s ${source}`),
    fc
      .constantFrom('172.30.1.10/32', '172.30.1.11/32', '192.0.2.2/32', '172.30.1.0/24')
      .map((destination) => `-d ${destination}`),
    fc
      .constantFrom('80', '8081', '8083:8085', '81')
      .map((port) => `-p ${protocol} -m ${protocol} --dport ${port}`),
    fc
      .constantFrom('8080:8082', '8084', '8085:8087', '8087')
      .map((port) => `-p ${protocol} -m conntrack --ctorigdstport ${port}`),
    fc.constantFrom('-i eth0', '-o pt-web', '-i pt-web', '! -i eth1'),
    fc.constantFrom('0.0.0.10/0.0.0.254', '0.0.0.2/0.0.0.255').map((bits) => `-d ${bits}`),
  )

const rulesIn = (protocol: Protocol, chain: string, then: readonly string[], maxLength: number) =>
  fc.array(
    fc
      .tuple(
        fc.uniqueArray(matchOf(protocol), {
          maxLength: 2,
          selector: (one) => one.replace('! ', '').slice(0, 2),
        }),
        fc.constantFrom(...then),
      )
      .map(([asked, verdict]) => `-A ${chain} ${asked.join(' ')} -j ${verdict}`),
    { maxLength },
  )

const savedOf = (protocol: Protocol) =>
  fc
    .record({
      early: rulesIn(protocol, 'PREROUTING', ['DROP', 'ACCEPT', 'MARK --set-xmark 0x1/0xffffffff'], 2),
      elsewhere: rulesIn(protocol, 'PREROUTING', ['DNAT --to-destination 172.30.1.12'], 1),
      forward: rulesIn(protocol, 'FORWARD', ['DROP', 'DROP', 'ACCEPT', 'RETURN'], 3),
      policy: fc.constantFrom('DROP', 'DROP', 'ACCEPT'),
    })
    .map(({ early, elsewhere, forward, policy }) =>
      [
        ...['*mangle', ':PREROUTING ACCEPT [0:0]', ...early, 'COMMIT'],
        ...['*nat', ':PREROUTING ACCEPT [0:0]', ...elsewhere, 'COMMIT'],
        ...['*filter', `:FORWARD ${policy} [0:0]`, ...forward, 'COMMIT', ''],
      ].join('\n'),
    )

/** Rules of nftables that match some ports by sets, maps and verdict maps. */
const nftOf = (protocol: Protocol) => {
  const port = { payload: { protocol, field: 'dport' } }
  const original = { ct: { key: 'proto-dst', dir: 'original' } }
  const address = { payload: { protocol: 'ip', field: 'daddr' } }
  const match = (left: object, right: unknown, op = '=='): object => ({ match: { op, left, right } })
  const ports = fc.uniqueArray(fc.constantFrom(80, 81, 8080, 8081, 8083, 8084, 8086), {
    minLength: 1,
    maxLength: 3,
  })
  const drop = { drop: null }
  const rule = fc.oneof(
    fc
      .record({ ports, op: fc.constantFrom('==', '!='), key: fc.constantFrom(port, original) })
      .map((one): NftRule => [match(one.key, { set: one.ports }, one.op), drop]),
    ports.map(
      (found): NftRule => [
        {
          vmap: {
            key: port,
            data: { set: found.map((one, at) => [one, at === 0 ? drop : { accept: null }]) },
          },
        },
      ],
    ),
    fc
      .record({ ports, to: fc.constantFrom('192.0.2.2', '172.30.1.10') })
      .map(
        ({ ports: found, to }): NftRule => [
          match({ concat: [address, port] }, { set: found.map((one) => ({ concat: [to, one] })) }),
          drop,
        ],
      ),
    ports.map(
      (found): NftRule => [
        {
          mangle: {
            key: { meta: { key: 'mark' } },
            value: { map: { key: port, data: { set: found.map((one) => [one, 1]) } } },
          },
        },
      ],
    ),
    fc.constant<NftRule>([match({ meta: { key: 'mark' } }, 1), drop]),
    fc.constant<NftRule>([match(port, '@mine'), drop]),
  )
  const rules = fc.array(rule, { maxLength: 2 })
  // A translation before Portolan's. It leads one of the grouped ports to another place than the others.
  const elsewhere = fc
    .record({
      ports,
      addr: fc.constantFrom('172.30.1.11', '172.30.1.12'),
      to: fc.constantFrom(81, 443, 8081),
    })
    .map(({ ports: found, addr, to }): NftRule => [match(port, { set: found }), { dnat: { addr, port: to } }])
  return fc
    .record({ early: rules, forward: rules, mine: ports, nat: fc.array(elsewhere, { maxLength: 1 }) })
    .map(({ early, forward, mine, nat }) =>
      nftListing([
        {
          ...{ family: 'ip', name: 'mine' },
          sets: [{ name: 'mine', type: 'inet_service', elem: mine }],
          chains: [
            { name: 'early', base: { type: 'filter', hook: 'prerouting', prio: -150 }, rules: early },
            { name: 'forward', base: { type: 'filter', hook: 'forward', prio: -5 }, rules: forward },
            { name: 'nat', base: { type: 'nat', hook: 'prerouting', prio: -150 }, rules: nat },
          ],
        },
      ]),
    )
}

const passageOf = (protocol: Protocol) =>
  fc
    .record({
      out: fc.constantFrom('pt-web', null, null),
      in: fc.constantFrom(null, null, 'eth0', 'pt-web'),
      destination: fc.constantFrom(null, null, '172.30.1.10', '172.30.1.11'),
      destinationPort: fc.constantFrom(null, null, 80, 8081, 8083),
      answers: fc.constantFrom(false, false, true),
    })
    .map(
      (one): Passage => ({
        ...one,
        ...{ family: 'ip', protocol: numberOf[protocol], source: null, sourcePort: null },
      }),
    )

const numberOf = { tcp: 6, udp: 17 } as const

const scene = fc.constantFrom<Protocol>('tcp', 'udp').chain((protocol) =>
  fc.record({
    protocol: fc.constant(protocol),
    desired: desiredOf(protocol),
    text: savedOf(protocol),
    nft: nftOf(protocol),
    passage: passageOf(protocol),
    at: fc.nat(3),
    backend: fc.constantFrom<Backend>('nftables', 'iptables-nft'),
    from: fc.constantFrom('eth0', 'eth1', 'pt-web'),
    culprits: fc.subarray([0, 1, 2, 'policy'] as const),
  }),
)

type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never

const rulesOf = ({ desired, text, nft, backend }: Scene): readonly NetfilterRuleset[] => [
  ...lowerRules({
    ...noRules,
    ...(backend === 'nftables'
      ? { nftables: nftables.compile(desired) }
      : { [backend]: iptables.compile(desired) }),
  }),
  ...lowerRules({
    ...noRules,
    nftables: nftables.parse(nft, '<listed>'),
    'iptables-legacy': iptables.parse(text, '<saved>'),
  }),
]

const filterOf = (rulesets: readonly NetfilterRuleset[]): NetfilterTable | undefined =>
  rulesets
    .flatMap(({ tables }) => tables)
    .find(({ name, tool }) => name === 'filter' && tool === 'iptables-legacy')

const forwardOf = (table: NetfilterTable | undefined): NetfilterTable['chains'][number] | undefined =>
  table?.chains.find(({ name }) => name === 'FORWARD')

interface Found {
  readonly opened: Opened | null
  /** The number of packets that the search followed. */
  readonly kinds: number
  /** True: each packet of the suspects, followed alone, is one that the remedy may let in. */
  readonly isClosed: () => boolean
}

/** The results of two searches: one follows own ports as a group, the other follows each port alone. */
const bothWays = (one: Scene): readonly Found[] => {
  const { desired, from, culprits, at } = one
  const facts = plannedFacts(desired, host, true)
  const rulesets = rulesOf(one)
  const table = filterOf(rulesets)
  const rules = forwardOf(table)?.rules ?? []
  if (table === undefined) throw new Error('no table')
  const rule = acceptPassage(table, 'FORWARD', one.passage)
  const planned = withInsertions(rulesets, [{ table, chain: 'FORWARD', before: rules[at] ?? null, rule }])
  const follower = prepareFollower(facts, planned)
  const around = {
    ip: surroundingsOf(follower.host, facts, desired, 'ip'),
    ip6: surroundingsOf(follower.host, facts, desired, 'ip6'),
  }
  const passedBy = culprits.flatMap(
    (which) => (which === 'policy' ? forwardOf(filterOf(planned)) : rules[which]) ?? [],
  )
  const targets = desired.mappings.map(({ targets: [{ address }] }) => addressValue(address))
  const gateway = valueSet([addressValue('172.30.1.1')])
  const suspects: Suspects = {
    ...{ family: 'ip', protocol: numberOf[one.protocol], in: from },
    region: {
      saddr: valueSet(
        ['198.51.100.7', '203.0.113.9', '172.30.1.9', '172.30.1.10', '8.8.8.8'].map(addressValue),
      ),
      // Bridged packets are judged separately.
      daddr:
        from === 'pt-web' ? around.ip.addresses : valueSet([...targets, ...hostAddresses, ...gateway.starts]),
      sport: valueSet([40_000]),
      dport: valueSet([443, ...desired.mappings.flatMap((own) => [own.hostPort, own.targets[0].port])]),
    },
  }
  return [ownPorts(desired, { around, taken: emptyRanges, others: [] }), () => null].map((ports) => {
    let kinds = 0
    const judged: Judged = {
      follower,
      inserted: new Set([rule]),
      passedBy: new Set([rule, ...passedBy]),
      open: openPackets(desired, around, new Set(['pt-web'])),
      ownPorts: ports,
      mayFollow: () => {
        kinds += 1
        return true
      },
    }
    const isClosed = (): boolean =>
      !packetsOf(suspects.region).some((point) => isOpenedAlone(judged, suspects, point))
    return { opened: findOpened(judged, suspects), kinds, isClosed }
  })
}

const valuesIn = ({ starts, ends }: RangeSet): readonly number[] =>
  starts.flatMap((start, at) =>
    Array.from({ length: Number(ends[at]) - Number(start) + 1 }, (_, more) => Number(start) + more),
  )

const packetsOf = ({ saddr, daddr, sport, dport }: Region): readonly Point[] =>
  valuesIn(saddr).flatMap((source) =>
    valuesIn(daddr).flatMap((destination) =>
      valuesIn(dport).map((port) => ({
        ...{ saddr: source, daddr: destination, dport: port },
        sport: sport.starts[0] ?? 0,
      })),
    ),
  )

const hostAddresses = ['192.0.2.2', '192.0.2.3', '203.0.113.2'].map(addressValue)

test('of own ports that are followed as one the same is told as of each for itself, by fewer packets', () => {
  const seen = { refused: 0, held: 0, spared: 0 }
  fc.assert(
    fc.property(scene, (one) => {
      const [together, apart] = bothWays(one)
      // A rule that computes an address may match none of the grouped ports.
      const isSpared = apart?.opened?.kind === 'computed' && together?.opened === null
      if (isSpared) expect(together.isClosed()).toBe(true)
      else expect(together?.opened?.kind).toBe(apart?.opened?.kind)
      seen[apart?.opened === null ? 'held' : 'refused'] += 1
      seen.spared += (apart?.kinds ?? 0) - (together?.kinds ?? 0)
    }),
    { numRuns: Number(process.env.PORTS_RUNS ?? 150) },
  )
  expect(seen.refused).toBeGreaterThan(15)
  expect(seen.held).toBeGreaterThan(50)
  expect(seen.spared).toBeGreaterThan(300)
})

// A rule behind the one that the remedy bypasses stops only the last port. The first port may speak only for the
// second.
test.each([
  '-p tcp -m conntrack --ctorigdstport 8083',
  '-p tcp -m tcp --dport 83',
  '-d 172.30.1.12/32',
  '-p tcp -m conntrack --ctorigdstport 8083:9000 -m tcp --dport 80:90',
])('%s tells one of own ports from the others', (asked) => {
  const mapping = (hostPort: number, last: number): Mapping => {
    const address = `172.30.1.${last}`
    return {
      ...{ family: 'ip', protocol: 'tcp', kind: 'nat', interface: null },
      ...{ label: `${hostPort} -> ${address}`, hostAddress: null, hostPort, allowFrom: null },
      targets: [{ service: address, replica: 1, network: 'web', address, port: hostPort - 8000, weight: 1 }],
    }
  }
  const found = bothWays({
    ...{
      protocol: 'tcp',
      nft: nftListing([]),
      at: 0,
      backend: 'nftables',
      from: 'eth0',
      culprits: ['policy'],
    },
    desired: desiredFor([mapping(8081, 10), mapping(8082, 11), mapping(8083, 12)], true),
    text: ['*filter', ':FORWARD DROP [0:0]', `-A FORWARD ${asked} -j DROP`, 'COMMIT', ''].join('\n'),
    passage: {
      ...{ family: 'ip', protocol: 6, in: null, out: null, answers: false },
      ...{ source: null, sourcePort: null, destination: null, destinationPort: null },
    },
  })
  const last = { kind: 'packet', point: expect.objectContaining({ dport: 8083 }) }
  expect(found.map(({ opened }) => opened)).toEqual([last, last])
})
