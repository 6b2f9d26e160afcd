import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { type HostFacts, type Outcome, type Packet, prepare } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'

type Family = 'ip' | 'ip6'

const folder = join(import.meta.dirname, '../../../shared/corpus/docker')
const classic = join(folder, 'iptabler/testdata/TestIptabler')
const modern = join(folder, 'nft-json')
const present = existsSync(folder)

const programs: Readonly<Record<Family, string>> = { ip: 'iptables', ip6: 'ip6tables' }

interface Twins {
  readonly intent: string
  readonly family: Family
}

/** Docker's own tests wrote both rulesets for the same intent, which the file name tells. */
const twins: readonly Twins[] = !present
  ? []
  : readdirSync(modern).flatMap((name) => {
      const [intent = '', rest = ''] = name.split('__')
      const family: Family = rest === 'ip6.json' ? 'ip6' : 'ip'
      return existsSync(join(classic, `${intent}__${programs[family]}.golden`)) ? [{ intent, family }] : []
    })

const bridge = 'br-dummy'
const container: Readonly<Record<Family, string>> = { ip: '192.168.0.2', ip6: 'fd49:efd7:54aa::1' }

const factsWith = (bridgeNf: '0' | '1'): HostFacts => ({
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, kind: 'veth', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] },
    // The container in Docker's IPv6 tests has the first address.
    { name: bridge, up: true, kind: 'bridge', addresses: ['192.168.0.1/24', 'fd49:efd7:54aa::ff/64'] },
    { name: 'br-other', up: true, kind: 'bridge', addresses: ['172.30.1.1/24', 'fd00:30:1::1/64'] },
    { name: 'loopback0', up: true, kind: 'veth', addresses: [] },
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '::/0', gateway: '2001:db8:1::1', interface: 'eth0' },
  ],
  sysctls: {
    'net.ipv4.ip_forward': '1',
    'net.ipv6.conf.all.forwarding': '1',
    'net.bridge.bridge-nf-call-iptables': bridgeNf,
    'net.bridge.bridge-nf-call-ip6tables': bridgeNf,
    'net.ipv4.conf.eth0.route_localnet': '1',
    'net.ipv4.conf.loopback0.route_localnet': '1',
    'net.ipv4.conf.br-dummy.route_localnet': '1',
  },
})

const places: Readonly<
  Record<Family, Readonly<Record<'from' | 'to', readonly (readonly [string | null, string])[]>>>
> = {
  ip: {
    from: [
      [null, ''],
      ['eth0', '192.0.2.9'],
      ['eth0', '198.51.100.7'],
      ['loopback0', '127.0.0.1'],
      [bridge, '192.168.0.2'],
      [bridge, '192.168.0.3'],
      ['br-other', '172.30.1.10'],
    ],
    to: [
      '192.0.2.2',
      '127.0.0.1',
      '192.168.0.1',
      '192.168.0.2',
      '192.168.0.3',
      '172.30.1.10',
      '198.51.100.80',
    ].map((address): readonly [null, string] => [null, address]),
  },
  ip6: {
    from: [
      [null, ''],
      ['eth0', '2001:db8:1::9'],
      ['eth0', '2001:db8:5::7'],
      [bridge, 'fd49:efd7:54aa::1'],
      [bridge, 'fd49:efd7:54aa::3'],
      ['br-other', 'fd00:30:1::10'],
    ],
    to: ['2001:db8:1::2', '::1', container.ip6, 'fd49:efd7:54aa::3', 'fd00:30:1::10', '2001:db8:9::80'].map(
      (address): readonly [null, string] => [null, address],
    ),
  },
}

const packets = (family: Family): fc.Arbitrary<Packet> =>
  fc
    .tuple(
      fc.constantFrom(...places[family].from),
      fc.constantFrom(...places[family].to),
      fc.constantFrom('tcp', 'tcp', 'udp', 'sctp', family === 'ip' ? 'icmp' : 'icmpv6'),
      fc.constantFrom(8080, 80, 22),
      fc.constantFrom('new' as const, 'new' as const, 'established' as const),
    )
    .map(([[from, source], [, destination], protocol, port, state]) => ({
      family,
      in: from,
      source: source === '' ? null : source,
      destination,
      protocol,
      ...(protocol.startsWith('icmp') ? {} : { sourcePort: 40_000, destinationPort: port }),
      state,
    }))

/** The number of flows with the same outcome on both sides, by outcome. */
const tally = new Map<string, number>()

const stopped: readonly string[] = ['dropped', 'rejected', 'unrouted']

/**
 * The outcome of a flow, without the rule that stops it. For the host's flows to itself, iptables' MASQUERADE matches a
 * source in the subnet, and nftables' matches the incoming bridge. So their sources may differ.
 */
const summary = ({ outcome, at, seenAs, certainty }: Outcome, packet: Packet): object =>
  stopped.includes(outcome)
    ? { outcome: 'stopped', certainty }
    : { outcome, at, certainty, seenAs: packet.in === null && outcome === 'local' ? null : seenAs }

const read = (path: string): string => readFileSync(path, 'utf8')

describe("Docker's iptables and nftables versions of one intent", () => {
  if (!present) {
    test('are in the corpus', () => {
      if (process.env.CI === 'true') throw new Error('../shared/corpus/docker is not there')
      process.stderr.write('\n*** NOT RUN: the twins of Docker. ../shared/corpus/docker is not there\n')
    })
    return
  }

  test('are there in pairs, of both families', () => {
    expect(twins.filter(({ family }) => family === 'ip').length).toBeGreaterThanOrEqual(70)
    expect(twins.filter(({ family }) => family === 'ip6').length).toBeGreaterThanOrEqual(40)
  })

  test.each(twins)('$family $intent: every flow comes to the same', ({ intent, family }) => {
    const old = iptables.parse(read(join(classic, `${intent}__${programs[family]}.golden`)), 'golden', family)
    const classicRules = iptables.lower(old, { tool: 'iptables-nft' })
    const modernRules = nftables.lower(nftables.parse(read(join(modern, `${intent}__${family}.json`))))
    const hosts = (['0', '1'] as const).map((bridgeNf) => {
      const facts = factsWith(bridgeNf)
      return { one: prepare(facts, classicRules), other: prepare(facts, modernRules) }
    })
    fc.assert(
      fc.property(packets(family), fc.constantFrom(...hosts), (packet, { one, other }) => {
        // On an internal network only the nftables version accepts established packets.
        fc.pre(!intent.includes('internal=true') || packet.state === 'new')
        const [a, b] = [one.evaluate(packet), other.evaluate(packet)]
        const [here, there] = [summary(a, packet), summary(b, packet)]
        // `expect` first makes an error with a stack, which takes as long as a flow. So it is called only for a
        // difference.
        if (!isDeepStrictEqual(here, there)) expect({ packet, ...here }).toEqual({ packet, ...there })
        tally.set(a.outcome, (tally.get(a.outcome) ?? 0) + 1)
      }),
      { numRuns: 200 },
    )
  })

  afterAll(() => {
    const flows = [...tally.values()].reduce((sum, count) => sum + count, 0)
    const kinds = [...tally].map(([kind, count]) => `${count} ${kind}`).join(', ')
    process.stderr.write(
      `Docker's twins: ${twins.length} pairs, ${flows} flows come to the same in both (${kinds})\n`,
    )
  })
})
