import { expect, test } from '@jest/globals'
import type { DesiredState } from '@portolan/core'
import { findRuleConflicts } from '@portolan/core/planning'
import * as iptables from '@portolan/iptables'
import { type HostFacts, prepare } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { lowerRules, noRules } from 'portolan'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-host/planned-facts.ts'
import { runs } from '../support/runs.ts'

const facts: HostFacts = {
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.2/24'] }],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.bridge.bridge-nf-call-iptables': '1' },
}

const names = ['web', 'data'] as const

const network = (name: string, at: number): DesiredState['networks'][number] => ({
  ...{ name, bridge: `pt-${name}`, external: false, internal: false, icc: true, mtu: null, ip6: null },
  ip: { subnet: `172.30.${at}.0/24`, gateway: `172.30.${at}.1`, mode: 'nat', masquerade: true },
})

/** So many mappings: with a container each (`apart`), or with one container for each network. */
const desiredOf = (count: number, apart: boolean): DesiredState => ({
  ...{ project: 'shop', endpoints: [], guardForwarding: false },
  networks: names.map(network),
  mappings: Array.from({ length: count }, (_, at) => {
    const address = `172.30.${at % 2}.${10 + (apart ? at : 0)}`
    return {
      ...{ family: 'ip', protocol: 'tcp', kind: 'nat', hostAddress: null, interface: null, allowFrom: null },
      label: `${8080 + at} -> ${address}:80`,
      hostPort: 8080 + at,
      targets: [
        { service: 'web', replica: 1, network: names[at % 2] ?? 'web', address, port: 80, weight: 1 },
      ],
    }
  }),
})

const source = fc.constantFrom('', ' -s 198.51.100.0/24', ' -s 198.51.100.7/32', ' -s 203.0.113.0/24')
const verdict = fc.constantFrom('DROP', 'DROP', 'ACCEPT', 'ACCEPT', 'RETURN', 'other')
const port = fc.constantFrom('', ' -p tcp -m tcp --dport 8083', ' -p tcp -m tcp --dport 8084:8090')
const target = fc.constantFrom('', ' -p tcp -m tcp --dport 80', ' -d 172.30.1.13/32', ' -d 172.30.1.0/24')
const rules = (chain: string, asked: fc.Arbitrary<string>) =>
  fc.array(
    fc.tuple(source, asked, verdict).map(([from, what, then]) => `-A ${chain}${from}${what} -j ${then}`),
    { maxLength: 4 },
  )

const saved = fc
  .tuple(rules('PREROUTING', port), rules('FORWARD', target), rules('FORWARD', target))
  .map(([early, marking, forward]) =>
    [
      ...['*mangle', ':PREROUTING ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':other - [0:0]'],
      ...[...early, ...marking, '-A other -p tcp -m tcp --dport 80 -j ACCEPT', 'COMMIT'],
      ...['*filter', ':FORWARD ACCEPT [0:0]', ':other - [0:0]', ...forward],
      ...['-A other -s 198.51.100.7/32 -j DROP', 'COMMIT', ''],
    ].join('\n'),
  )

const backend = fc.constantFrom('nftables', 'iptables-nft', 'iptables-legacy')

test('the way that a conflict tells of is that of its own witness, step by step', () => {
  let told = 0
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 40), fc.boolean(), backend, saved, (count, apart, ours, foreign) => {
      const desired = desiredOf(count, apart)
      const other = ours === 'iptables-legacy' ? 'iptables-nft' : 'iptables-legacy'
      const rulesets = lowerRules({
        ...noRules,
        ...(ours === 'nftables'
          ? { nftables: nftables.compile(desired) }
          : { [ours]: iptables.compile(desired) }),
        [other]: iptables.parse(foreign),
      })
      const { evaluate } = prepare(plannedFacts(desired, facts, true), rulesets)
      for (const { mapping, witness, culprit, trace } of findRuleConflicts(desired, facts, rulesets)) {
        if (witness === null) continue
        const outcome = evaluate(witness)
        // A conflict behind another culprit is described as if the other culprit did not exist.
        const isFirst = (['tool', 'table', 'chain', 'position', 'text'] as const).every(
          (key) => outcome.culprit?.[key] === culprit?.[key],
        )
        if (!isFirst || outcome.alternatives.length > 0) continue
        expect({ mapping, trace }).toEqual({ mapping, trace: outcome.trace })
        told += 1
      }
    }),
    runs(80),
  )
  expect(told).toBeGreaterThan(300)
}, 600_000)

const [letIn, first, second] = [
  '-A PREROUTING -s 198.51.100.0/24 -j ACCEPT',
  '-A FORWARD -d 172.30.0.0/16 -j DROP',
  '-A FORWARD -p tcp -m tcp --dport 80 -j DROP',
]

test.each([1, 2, 40])(
  'what is behind another rule is told as if that were not there, of %i mappings',
  (count) => {
    const desired = desiredOf(count, false)
    const toldOf = (...dropped: readonly string[]) => {
      const text = [
        ...['*mangle', ':PREROUTING ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', letIn, ...dropped, 'COMMIT'],
        ...['*filter', ':FORWARD ACCEPT [0:0]', second, 'COMMIT', ''],
      ].join('\n')
      const rulesets = lowerRules({
        ...noRules,
        nftables: nftables.compile(desired),
        'iptables-legacy': iptables.parse(text),
      })
      return findRuleConflicts(desired, facts, rulesets)
        .filter(({ mapping, culprit }) => mapping !== null && culprit?.text === second)
        .map(({ mapping, trace }) => ({ mapping, trace }))
    }
    const told = toldOf(first)
    expect(told).toHaveLength(count)
    for (const { trace } of told) expect(trace).toContainEqual(expect.objectContaining({ rule: letIn }))
    expect(told).toEqual(toldOf())
  },
)
