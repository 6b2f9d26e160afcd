import { expect, test } from '@jest/globals'
import type { Conflict, DesiredState } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { type Evaluator, type HostFacts, prepare } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { type Backend, lowerRules, noRules } from 'portolan'
import { searchConflictsWith } from '../../../packages/core/src/conflict/find-conflicts.ts'
import { findUncheckedConflicts } from '../../../packages/core/src/conflict/find-rule-conflicts.ts'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-host/planned-facts.ts'
import { searchRuns, searchTimeMs } from '../support/runs.ts'

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24', '192.0.2.3/24'] },
    { name: 'eth1', up: true, addresses: ['203.0.113.2/24'] },
  ],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.bridge.bridge-nf-call-iptables': '1' },
}

type Mapping = DesiredState['mappings'][number]

const subnets = { web: '172.30.1', data: '172.30.2', open: '172.30.3' } as const

const mapping = fc
  .record({
    hostPort: fc.integer({ min: 8080, max: 8089 }),
    // Null: the container's port equals the host port.
    port: fc.constantFrom(80, 81, 443, 8080, 8081, null, null),
    address: fc.integer({ min: 10, max: 15 }).map((at) => `172.30.1.${at}`),
    protocol: fc.constantFrom<Mapping['protocol']>('tcp', 'tcp', 'tcp', 'udp'),
    network: fc.constantFrom<keyof typeof subnets>('web', 'web', 'web', 'data', 'open'),
    hostAddress: fc.constantFrom(null, null, null, '192.0.2.2', '127.0.0.1'),
    allowFrom: fc.constantFrom(null, null, null, ['198.51.100.0/24']),
  })
  .map(({ hostPort, port: own, address, protocol, network, hostAddress, allowFrom }): Mapping => {
    const port = own ?? hostPort
    const to = address.replace('30.1', subnets[network].slice(4))
    // A routed network has no host ports.
    const kind = network === 'open' ? 'direct' : 'nat'
    const open = kind === 'direct' ? port : hostPort
    return {
      ...{ family: 'ip', protocol, kind, interface: null, allowFrom },
      label: `${kind} ${hostAddress ?? '*'}:${open}/${protocol} -> ${to}:${port}`,
      hostAddress: kind === 'direct' ? null : hostAddress,
      hostPort: open,
      targets: [{ service: to, replica: 1, network, address: to, port, weight: 1 }],
    }
  })

const network = (name: keyof typeof subnets): DesiredState['networks'][number] => ({
  ...{ name, bridge: `pt-${name}`, external: false, internal: false, icc: true, mtu: null, ip6: null },
  ip: {
    ...{ subnet: `${subnets[name]}.0/24`, gateway: `${subnets[name]}.1`, masquerade: true },
    mode: name === 'open' ? 'routed' : 'nat',
  },
})

const desiredState = fc
  .uniqueArray(mapping, {
    minLength: 2,
    maxLength: 9,
    // One mapping for each host port, and one opening for each container's port.
    selector: ({ kind, protocol, hostPort, targets: [{ address }] }) =>
      kind === 'direct' ? `${address} ${protocol} ${hostPort}` : `${protocol} ${hostPort}`,
  })
  .map(
    (mappings): DesiredState => ({
      ...{ project: 'shop', endpoints: [], guardForwarding: false },
      networks: [network('web'), network('data'), network('open')],
      mappings,
    }),
  )

const prefix = fc.constantFrom(
  '198.51.100.0/24',
  '198.51.100.7/32',
  '203.0.113.0/25',
  '192.0.2.2/32',
  '172.30.1.0/24',
  '172.30.1.12/32',
  '172.30.1.10/31',
  '172.30.1.13/32',
  '0.0.0.0/1',
)
const ports = fc.constantFrom('80', '81', '443', '8080', '8083', '8080:8084', '8086:8088', '40000')

const not = fc.boolean().map((negated) => (negated ? '! ' : ''))
const match = fc.oneof(
  fc.tuple(not, prefix).map(([no, source]) => `${no}-s ${source}`),
  fc.tuple(not, prefix).map(([no, destination]) => `${no}-d ${destination}`),
  fc
    .tuple(fc.constantFrom('tcp', 'tcp', 'udp'), not, ports)
    .map(([of, no, set]) => `-p ${of} -m ${of} ${no}--dport ${set}`),
  fc.tuple(fc.constantFrom('tcp', 'udp'), ports).map(([of, set]) => `-p ${of} -m ${of} --sport ${set}`),
  fc.constantFrom('-i eth0', '-i eth1', '! -i eth0', '-i pt-web'),
  fc.constantFrom('8080', '8083', '8085:8087').map((set) => `-p tcp -m conntrack --ctorigdstport ${set}`),
  fc.constantFrom('80,443', '8080,8082:8084', '81').map((set) => `-p tcp -m multiport --dports ${set}`),
)

/** Each match once: iptables allows an option only once. */
const matches = fc
  .uniqueArray(match, { maxLength: 3, selector: (one) => one.replace('! ', '').slice(0, 2) })
  .map((all) => all.join(' '))

const verdict = fc.constantFrom('DROP', 'DROP', 'DROP', 'ACCEPT', 'RETURN', 'other')
const rules = (chain: string) =>
  fc.array(
    fc.tuple(matches, verdict).map(([asked, then]) => `-A ${chain} ${asked} -j ${then}`),
    { maxLength: 5 },
  )
const elsewhere = fc.array(
  fc
    .tuple(
      fc.uniqueArray(fc.constantFrom('-s 198.51.100.0/24', '-d 192.0.2.2/32', '-i eth0'), { maxLength: 2 }),
      ports,
    )
    .map(
      ([asked, set]) =>
        `-A PREROUTING ${asked.join(' ')} -p tcp -m tcp --dport ${set} -j DNAT --to-destination 172.18.0.5:80`,
    ),
  { maxLength: 2 },
)

const saved = fc
  .tuple(
    rules('PREROUTING'),
    rules('FORWARD'),
    rules('other'),
    rules('OUTPUT'),
    elsewhere,
    fc.constantFrom('ACCEPT', 'DROP'),
  )
  .map(([early, forward, other, output, nat, policy]) =>
    [
      ...[
        '*mangle',
        ':PREROUTING ACCEPT [0:0]',
        ':other - [0:0]',
        ...early,
        '-A other -s 198.51.100.128/25 -j DROP',
        'COMMIT',
      ],
      ...['*nat', ':PREROUTING ACCEPT [0:0]', ...nat, 'COMMIT'],
      ...['*filter', `:FORWARD ${policy} [0:0]`, ':OUTPUT ACCEPT [0:0]', ':other - [0:0]'],
      ...[...forward, ...output, ...other.filter((rule) => !rule.endsWith(' other')), 'COMMIT', ''],
    ].join('\n'),
  )

/** Another project on the host: ports at some of the host's addresses. */
const neighbour = fc
  .uniqueArray(fc.tuple(fc.constantFrom('127.0.0.1', '192.0.2.3'), fc.integer({ min: 8080, max: 8089 })), {
    maxLength: 3,
    selector: (one) => one.join(' '),
  })
  .map(
    (taken): DesiredState => ({
      ...{ project: 'far', endpoints: [], guardForwarding: false },
      networks: [
        {
          ...{
            name: 'far',
            bridge: 'pt-far',
            external: false,
            internal: false,
            icc: true,
            mtu: null,
            ip6: null,
          },
          ip: { subnet: '172.30.9.0/24', gateway: '172.30.9.1', masquerade: true, mode: 'nat' },
        },
      ],
      mappings: taken.map(([hostAddress, hostPort]) => ({
        ...{ family: 'ip', protocol: 'tcp', kind: 'nat', interface: null, allowFrom: null },
        ...{ label: `${hostAddress}:${hostPort}/tcp -> far:80`, hostAddress, hostPort },
        targets: [
          { service: 'far', replica: 1, network: 'far', address: '172.30.9.10', port: 80, weight: 1 },
        ],
      })),
    }),
  )

const compiled = (desired: DesiredState, other: DesiredState, backend: Backend) =>
  backend === 'nftables'
    ? {
        nftables: nftables.adopt(nftables.compile(other), desired, desired.project),
      }
    : {
        [backend]: iptables.adopt(iptables.compile(other), desired, desired.project),
      }

/**
 * What a conflict says, without its witness. A conflict counts when its culprit stops the witness, or when nothing
 * stops the witness. The search follows only one packet to a rule behind another rule, so the conflict of such a rule
 * does not count. Whether a culprit stops all packets or some depends on the rules behind it, too.
 */
const told = (conflicts: readonly Conflict[], label: string, { evaluate }: Evaluator): readonly string[] =>
  conflicts
    .filter(({ mapping }) => mapping === label)
    .filter(({ witness, culprit }) => {
      const stopper = witness === null ? null : evaluate(witness).culprit
      return stopper === null || stopper.text === culprit?.text
    })
    .map(({ severity, certainty, kind, message, culprit }) =>
      [severity, certainty, kind, inAnyOrder(message), culprit?.chain, culprit?.text].join(' | '),
    )
    .sort()

/** Sorts the senders in a message. Their order depends on what the search looked at before. */
const inAnyOrder = (message: string): string =>
  message.replace('some of ', '').replace(
    /^Packets of (.*?) for /,
    (_, senders: string) =>
      `Packets of ${senders
        .split(/, | and /)
        .sort()
        .join(', ')} for `,
  )

/** The search without remedies. It is enough for the comparison, and takes a quarter of the time. */
const searchUnchecked = (...asked: Parameters<typeof findUncheckedConflicts>) => ({
  conflicts: findUncheckedConflicts(...asked),
  incomplete: [],
})

/** The errors of networks. */
const ofNetworks = (conflicts: readonly Conflict[]): readonly string[] =>
  conflicts
    .filter(({ mapping, severity }) => mapping === null && severity === 'error')
    .map(({ kind, network, certainty, culprit }) => [kind, network, certainty, culprit?.text].join(' | '))
    .sort()

test.each(['nftables', 'iptables-nft', 'iptables-legacy'] as const)(
  'of mappings that are looked at together, and of one that is asked about, the same is found as of each alone, beside %s',
  (backend) => {
    let [hosts, conflicts] = [0, 0]
    fc.assert(
      fc.property(desiredState, neighbour, saved, (desired, other, text) => {
        hosts += 1
        const rulesets = [
          ...lowerRules({ ...noRules, ...compiled(desired, other, backend) }),
          ...lowerRules({ ...noRules, 'iptables-legacy': iptables.parse(text, '<saved>') }),
        ]
        const evaluator = prepare(plannedFacts(desired, facts, true), rulesets, {})
        const together = findUncheckedConflicts(desired, facts, rulesets)
        conflicts += together.length
        const [last] = desired.mappings.slice(-1)
        const about = searchConflictsWith(searchUnchecked, desired, facts, rulesets, {
          about: ({ label }) => label === last?.label,
        }).conflicts
        expect(told(about, last?.label ?? '', evaluator)).toEqual(
          told(together, last?.label ?? '', evaluator),
        )
        expect(ofNetworks(about)).toEqual(ofNetworks(together))
        for (const one of desired.mappings) {
          const alone = findUncheckedConflicts({ ...desired, mappings: [one] }, facts, rulesets)
          expect(told(together, one.label, evaluator)).toEqual(told(alone, one.label, evaluator))
        }
      }),
      searchRuns(8),
    )
    expect(conflicts).toBeGreaterThan(hosts / 2)
  },
  120_000 + searchTimeMs,
)
