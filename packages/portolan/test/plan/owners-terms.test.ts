import { describe, expect, test } from '@jest/globals'
import { type Conflict, findConflicts } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { noRules } from '../../src/host-rules/host-rules.ts'
import { intentOf, planOf } from '../shop.ts'

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', kind: 'loopback', addresses: ['127.0.0.1/8'] },
    { name: 'eth0', kind: 'ether', addresses: ['192.0.2.2/24'] },
  ],
  routes: [{ destination: '0.0.0.0/0', gateway: '192.0.2.1', interface: 'eth0' }],
  sysctls: { 'net.ipv4.ip_forward': '1' },
}

const intent = intentOf(`services: {web: {ports: ["80"], networks: [front]}}
networks: {front: {driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: routed}}}`)

/** The conflicts of a port on a routed network with these rules. */
const found = (rules: Parameters<typeof findConflicts>[2]): readonly Conflict[] =>
  findConflicts(planOf({ intent, facts }).desired, facts, rules).filter(({ mapping }) => mapping !== null)

const saved = (lines: readonly string[]): readonly Conflict[] =>
  found([
    iptables.lower(
      iptables.parse(
        ['*filter', ':INPUT ACCEPT', ':FORWARD ACCEPT', ':OUTPUT ACCEPT', ...lines, 'COMMIT', ''].join('\n'),
        'x',
        'ip',
      ),
    ),
  ])

type Json = Readonly<Record<string, unknown>>

const match = (left: Json, right: unknown): Json => ({ match: { op: '==', left, right } })
const from = (addr: string, len: number): Json =>
  match({ payload: { protocol: 'ip', field: 'saddr' } }, { prefix: { addr, len } })
const jump = (target: string): Json => ({ jump: { target } })
const reject: Json = { reject: { type: 'icmpx', expr: 'admin-prohibited' } }
const drop: Json = { drop: null }
const pings = [match({ meta: { key: 'l4proto' } }, 'icmp'), { accept: null }]
const ssh = [match({ payload: { protocol: 'tcp', field: 'dport' } }, 22), { accept: null }]

/** The parts of firewalld's table for forwarded packets. */
const firewalld = (
  dispatched: readonly (readonly Json[])[],
  chains: Readonly<Record<string, readonly (readonly Json[])[]>>,
): readonly Conflict[] => {
  const table = { family: 'inet', table: 'firewalld' }
  const hook = { type: 'filter', hook: 'forward', prio: 10, policy: 'accept' }
  const all = {
    filter_FWD_public: [],
    filter_FWD_public_allow: [],
    ...chains,
    filter_FORWARD_POLICIES: dispatched,
    filter_FORWARD: [[jump('filter_FORWARD_POLICIES')], [reject]],
  }
  const text = JSON.stringify({
    nftables: [
      { table: { family: 'inet', name: 'firewalld', handle: 1, flags: ['owner', 'persist'] } },
      ...Object.keys(all).map((name, handle) => ({
        chain: {
          family: 'inet',
          table: 'firewalld',
          name,
          handle,
          ...(name === 'filter_FORWARD' ? hook : {}),
        },
      })),
      ...Object.entries(all).flatMap(([chain, rules]) =>
        rules.map((expr, handle) => ({ rule: { ...table, chain, handle, expr } })),
      ),
    ],
  })
  return found([nftables.lower(nftables.parse(text, 'x'))])
}

const wire = from('192.0.2.0', 24)
const home = { filter_FWD_home: [], filter_IN_home: [[jump('filter_IN_home_allow')], pings] }
const dispatch = (zone: string, target: Json): readonly (readonly Json[])[] => [
  [wire, jump(`filter_FWD_${zone}`)],
  [wire, target],
  [jump('filter_FWD_public')],
  [reject],
]
const ofSources = (conflicts: readonly Conflict[]): Conflict | undefined =>
  conflicts.find(({ culprit }) => culprit?.chain === 'filter_FORWARD_POLICIES' && culprit.position === 2)

describe('a zone of firewalld that has the sources of a refused packet', () => {
  test('gets into the policy that is offered, where it refuses what it was told nothing of', () => {
    const { remedy } =
      ofSources(firewalld(dispatch('home', reject), { ...home, filter_IN_home_allow: [ssh] })) ?? {}
    expect(remedy?.commands.filter((line) => line.includes('ingress-zone'))).toEqual([
      expect.stringMatching(/ --add-ingress-zone=home$/),
    ])
    // Its packets are matched wherever they leave.
    expect(remedy?.commands.join()).not.toContain('--add-interface')
  })

  test.each<[string, ReturnType<typeof firewalld>]>([
    ['drops what is left', firewalld(dispatch('home', drop), { ...home, filter_IN_home_allow: [ssh] })],
    [
      'lets nothing in to the host',
      firewalld(dispatch('home', reject), { ...home, filter_IN_home_allow: [] }),
    ],
    [
      'rejects what is left by its target',
      firewalld(dispatch('home', reject), {
        ...home,
        ...{ filter_IN_home: [[jump('filter_IN_home_allow')]], filter_IN_home_allow: [ssh] },
      }),
    ],
  ])('is a ban, where it %s: it is named with the command that shows it', (_, conflicts) => {
    expect(ofSources(conflicts)?.remedy).toEqual({
      text: expect.stringMatching(/^Leave it, .*"firewall-cmd --info-zone=home"/),
      commands: [],
    })
  })
})

/** In IPv6 no neighbour finds the host when a rule of ufw drops neighbour discovery. */
const neighbours: readonly Conflict[] = findConflicts(
  planOf({
    intent: intentOf(
      'services: {web: {ports: ["8080:80"], networks: [front]}}\nnetworks: {front: {enable_ipv6: true}}',
    ),
    facts,
  }).desired,
  { ...facts, interfaces: [{ name: 'eth0', kind: 'ether', addresses: ['2001:db8::2/64'] }] },
  [
    iptables.lower(
      iptables.parse(
        `*filter
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
:ufw6-before-input -
-A INPUT -j ufw6-before-input
-A ufw6-before-input -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j DROP
COMMIT
`,
        'x',
        'ip6',
      ),
    ),
  ],
).filter(({ kind }) => kind === 'NeighbourDiscoveryDropped')

/** Docker publishes the wanted port. */
const served = iptables.parse(
  `*nat
:PREROUTING ACCEPT
:POSTROUTING ACCEPT
:OUTPUT ACCEPT
:DOCKER -
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:80
COMMIT
`,
  'x',
  'ip',
)
const shadows: readonly Conflict[] = planOf({
  facts: {
    ...facts,
    interfaces: [
      ...(facts.interfaces ?? []),
      { name: 'docker0', kind: 'bridge', addresses: ['172.18.0.1/16'] },
    ],
    routes: [],
  },
  rules: noRules,
  surrounding: { ...noRules, 'iptables-nft': served },
}).conflicts.filter(({ kind }) => kind === 'DnatShadows')

describe('what to do about a rule that a program writes from its settings', () => {
  test.each<[string, readonly Conflict[], string]>([
    [
      'a policy of firewalld',
      firewalld([[jump('filter_FWD_policy_bans_deny')], [jump('filter_FWD_public')], [reject]], {
        filter_FWD_policy_bans_deny: [[drop]],
      }),
      '"firewall-cmd --info-policy=bans"',
    ],
    [
      'a list of bans of ufw',
      saved([
        ':ufw-user-forward -',
        '-A FORWARD -j ufw-user-forward',
        '-A ufw-user-forward -s 192.0.2.0/24 -j DROP',
      ]),
      '"ufw status numbered"',
    ],
    [
      'an isolation of Docker',
      saved([
        ':DOCKER-ISOLATION-STAGE-2 -',
        '-A FORWARD -j DOCKER-ISOLATION-STAGE-2',
        '-A DOCKER-ISOLATION-STAGE-2 -s 192.0.2.0/24 -j DROP',
      ]),
      '"docker network ls"',
    ],
    ['a published port of Docker', shadows, '"docker ps"'],
    ['what ufw drops of neighbour discovery', neighbours, '/etc/ufw/before6.rules'],
  ])('%s', (_, conflicts, command) => {
    const texts = conflicts.map(({ remedy }) => remedy.text)
    expect(texts).toContainEqual(expect.stringContaining(command))
    for (const text of texts)
      expect(text).not.toMatch(/(change|delete) that (rule|translation)|in front of that rule/i)
  })
})
