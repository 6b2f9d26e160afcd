import { expect, test } from '@jest/globals'
import type { NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import { emptyRanges, prepareFollower, type RangeSet, valueSet } from '@portolan/netfilter/analysis'
import fc from 'fast-check'
import { findOpened, type Opened } from '../../../packages/core/src/conflict/remedy/find-opened.ts'
import { acceptPassage, withInsertions } from '../../../packages/core/src/conflict/remedy/insertion.ts'
import type { Judged, Suspects } from '../../../packages/core/src/conflict/remedy/judged.ts'
import { openPackets } from '../../../packages/core/src/conflict/remedy/open-packets.ts'
import { ownPorts } from '../../../packages/core/src/conflict/remedy/own-ports.ts'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-host/planned-facts.ts'
import type { Point, Region } from '../../../packages/core/src/conflict/search/region/region.ts'
import { addressValue } from '../../../packages/core/src/conflict/search/rows/subnets.ts'
import { surroundingsOf } from '../../../packages/core/src/conflict/search/rows/surroundings.ts'
import { isOpenedAlone } from '../../../packages/core/test/conflict/remedy/opened-alone.ts'
import { desiredFor, host, type Mapping, numberOf, rulesOf, type Scene, scene } from './drawn-ports.ts'
import { nftListing } from './nft-rules.ts'

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
