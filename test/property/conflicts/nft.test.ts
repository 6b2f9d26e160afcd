import { describe, expect, test } from '@jest/globals'
import { expectTrue } from './expect-true.ts'
import { look, type Seen, tell } from './look.ts'
import {
  accept,
  comingIn,
  destination,
  dnat,
  drop,
  goingOut,
  jump,
  mark,
  marked,
  masquerade,
  type NftChain,
  type NftRule,
  type NftTable,
  notrack,
  prefix,
  snat,
  source,
  state,
  tcpTo,
} from './nft-rules.ts'

const table = (...chains: readonly NftChain[]): NftTable => ({ family: 'ip', name: 'mine', chains })
const base =
  (type: 'filter' | 'nat') =>
  (hook: string, prio: number, ...rules: readonly NftRule[]): NftChain => ({
    name: hook,
    base: { type, hook, prio, policy: 'accept' },
    rules,
  })
const [filter, nat] = [base('filter'), base('nat')]
const chain = (name: string, ...rules: readonly NftRule[]): NftChain => ({ name, base: null, rules })

const dropping: NftTable = {
  ...table(filter('output', 0, [destination('203.0.113.9'), drop])),
  name: 'strict',
}

/** The conflicts of the mapping. Another test covers those of the network. */
const ofMapping = ({ conflicts }: Seen): readonly string[] =>
  conflicts.filter(({ mapping }) => mapping !== null).map((one) => tell(one).replace(' 0.0.0.0:8080/tcp', ''))

const there = 'oifname "pt-web" ip daddr 172.30.1.10 tcp dport 80 accept'
const back = 'iifname "pt-web" ip saddr 172.30.1.10 tcp sport 80 ct state established,related accept'
const incoming = 'tcp dport 8080 fib daddr type local accept'

type Case = readonly [
  name: string,
  tables: readonly NftTable[],
  told: readonly string[],
  /** The nft commands of the first remedy. */
  commands: readonly string[],
]

const cases: readonly Case[] = [
  [
    'a translation that comes first',
    [table(nat('prerouting', -150, [tcpTo(8080), dnat('192.0.2.10', 7000)]))],
    ['error DnatShadowed by nft mine prerouting 1'],
    [`insert rule ip mine prerouting position 3 ${incoming}`],
  ],
  [
    'a translation that comes first, to a port of the host where perhaps no program answers',
    [table(nat('prerouting', -150, [tcpTo(8080), dnat('192.0.2.2', 7000)]))],
    ['error DnatShadowed by nft mine prerouting 1'],
    [`insert rule ip mine prerouting position 3 ${incoming}`],
  ],
  [
    'a translation that comes first for processes of the host',
    [table(nat('output', -150, [tcpTo(8080), dnat('192.0.2.10', 7000)]))],
    ['error DnatShadowed by nft mine output 1'],
    [`insert rule ip mine output position 3 ${incoming}`],
  ],
  [
    'a translation that comes later',
    [table(nat('prerouting', -90, [tcpTo(8080), dnat('192.0.2.10', 7000)]))],
    ['error DnatShadows by nft mine prerouting 1'],
    [],
  ],
  [
    'two translations of one priority',
    [
      {
        ...table(nat('prerouting', -150, [tcpTo(8080), dnat('192.0.2.10', 7000)])),
        name: 'one',
      },
      { ...table(nat('prerouting', -150, [tcpTo(8080), dnat('172.30.1.10', 80)])), name: 'other' },
    ],
    ['warning possible OrderUndetermined by nft one prerouting 1'],
    [`insert rule ip one prerouting position 3 ${incoming}`],
  ],
  [
    'a policy that drops all but what belongs to a flow',
    [
      table({
        name: 'transit',
        base: { type: 'filter', hook: 'forward', prio: 0, policy: 'drop' },
        rules: [[state('established', 'related'), accept]],
      }),
    ],
    ['error ForwardDropped by nft mine transit policy'],
    [`add rule ip mine transit ${there}`, `add rule ip mine transit ${back}`],
  ],
  [
    'a drop two jumps behind a mark',
    [
      table(
        filter('prerouting', -150, [tcpTo(8080), jump('one')]),
        chain('one', [jump('two')]),
        chain('two', [mark(7)]),
        filter('forward', 0, [marked(7), jump('three')]),
        chain('three', [jump('four')]),
        chain('four', [drop]),
      ),
    ],
    ['error ForwardDropped by nft mine four 1'],
    [`insert rule ip mine four position 13 ${there}`, `insert rule ip mine four position 13 ${back}`],
  ],
  [
    'a drop before routing',
    [table(filter('prerouting', -300, [tcpTo(8080), drop]))],
    // Of the host's own packets, only those of programs that bind this very port match.
    ['error PreroutingDropped by nft mine prerouting 1', 'info ReplyDropped by nft mine prerouting 1'],
    [`insert rule ip mine prerouting position 3 ${incoming}`],
  ],
  [
    'a drop of what processes of the host send, before it is translated',
    [table(filter('output', -150, [tcpTo(8080), drop]))],
    ['error OutputDropped by nft mine output 1'],
    [`insert rule ip mine output position 3 ${incoming}`],
  ],
  [
    'a drop of what processes of the host send, after that',
    [table(filter('output', 0, [destination('172.30.1.10'), drop]))],
    ['error OutputDropped by nft mine output 1'],
    ['insert rule ip mine output position 3 ip daddr 172.30.1.10 tcp dport 80 accept'],
  ],
  [
    'a drop of answers to the host',
    [table(filter('input', 0, [comingIn('pt-web'), drop]))],
    ['error ReplyDropped by nft mine input 1'],
    [`insert rule ip mine input position 3 ${back}`],
  ],
  [
    'a drop behind routing',
    [table(filter('postrouting', 0, [goingOut('pt-web'), drop]))],
    ['error ForwardDropped by nft mine postrouting 1'],
    [
      `insert rule ip mine postrouting position 3 ${there}`,
      'insert rule ip mine postrouting position 3 ip saddr 172.30.1.10 tcp sport 80 ct state established,related accept',
    ],
  ],
  [
    'no tracking of what comes in',
    [table(filter('prerouting', -300, [tcpTo(8080), notrack]))],
    ['error Notrack by nft mine prerouting 1'],
    [
      `insert rule ip mine prerouting position 3 ${incoming}`,
      'insert rule ip mine prerouting position 3 iifname "pt-web" ip saddr 172.30.1.10 tcp sport 80 accept',
    ],
  ],
  [
    'a masquerade that comes first, also of what comes in',
    [table(nat('postrouting', 50, [masquerade]))],
    ['warning SourceRewritten by nft mine postrouting 1'],
    [`insert rule ip mine postrouting position 3 ${there}`],
  ],
  [
    'a container that is bound to its own address, and so calls itself from there',
    [table(nat('postrouting', 50, [source('172.30.1.10'), snat('172.30.1.10')]))],
    ['error MasqueradeMissing by nft mine postrouting 1'],
    [`insert rule ip mine postrouting position 3 ${there}`],
  ],
  [
    'a container that is called from its own address, whatever calls',
    [table(nat('postrouting', 50, [goingOut('pt-web'), snat('172.30.1.10')]))],
    ['error SourceRewritten by nft mine postrouting 1', 'error MasqueradeMissing by nft mine postrouting 1'],
    [`insert rule ip mine postrouting position 3 ${there}`],
  ],
  [
    'a container that is called from the address of its neighbour, which gets the answers',
    [table(nat('postrouting', 50, [goingOut('pt-web'), snat('172.30.1.11')]))],
    // The neighbour's packets keep their source, but the container should see the gateway.
    ['error SourceRewritten by nft mine postrouting 1', 'error MasqueradeMissing by nft mine postrouting 1'],
    [`insert rule ip mine postrouting position 3 ${there}`],
  ],
  [
    'an accept of another chain, which does not keep the masquerade away',
    [table(nat('postrouting', 50, [source('172.30.1.10'), accept]))],
    [],
    [],
  ],
  [
    'a set of banned sources',
    [
      {
        ...table(filter('forward', -10, [source('@banned'), drop])),
        sets: [
          {
            name: 'banned',
            type: 'ipv4_addr',
            handle: 90,
            flags: ['interval'],
            elem: [prefix('198.51.100.0/25'), '203.0.113.9'],
          },
        ],
      },
    ],
    ['warning ForwardDropped by nft mine forward 1'],
    // The rule matches on the source, so it is an administrator's decision and has no remedy.
    [],
  ],
]

describe('what rules of nftables do to a mapping', () => {
  test.each(cases)('%s', async (_, nft, told, commands) => {
    const seen = await look({ nft })
    expect(ofMapping(seen)).toEqual(told)
    expect(seen.conflicts[0]?.remedy.commands ?? []).toEqual(commands.map((text) => `nft '${text}'`))
    expectTrue(seen)
  })

  test('answers that go to the container itself are said to be lost', async () => {
    const nft = [table(nat('postrouting', 50, [goingOut('pt-web'), comingIn('eth0'), snat('172.30.1.10')]))]
    expect((await look({ nft })).conflicts.map(({ message }) => message)).toEqual([
      'Packets from eth0 to 0.0.0.0:8080/tcp -> nginx:80 arrive with another source address than the client\'s own. Replies to 172.30.1.10 are lost. Rule 1 of chain postrouting (nft, table ip mine) translates the source: `oifname "pt-web" iifname "eth0" snat to 172.30.1.10`.',
    ])
  })

  test.each(['iptables-nft', 'iptables-legacy'] as const)(
    'a translation just before that of %s is told the same way',
    async (backend) => {
      const nft = [table(nat('prerouting', -110, [tcpTo(8080), dnat('192.0.2.10', 7000)]))]
      const seen = await look({ nft, backend })
      expect(ofMapping(seen)).toEqual(['error DnatShadowed by nft mine prerouting 1'])
      expectTrue(seen)
    },
  )

  test('where nothing is wrong, nothing is told', async () => {
    const rules = [
      table(
        filter('input', 0, [comingIn('eth0'), tcpTo(22), accept]),
        nat('postrouting', 100, [source(prefix('10.9.0.0/16')), goingOut('eth0'), masquerade]),
      ),
    ]
    expect((await look({ nft: rules })).told).toEqual([])
  })

  test('a network whose sources are bound to what no machine outside can answer is told as a warning', async () => {
    const rules = [
      table(nat('postrouting', 50, [source(prefix('172.30.1.0/24')), goingOut('eth0'), snat('172.30.1.10')])),
    ]
    const seen = await look({ nft: rules })
    expect(seen.told).toEqual(['warning MasqueradeMissing network web by nft mine postrouting 1'])
    expect(seen.conflicts[0]?.remedy.commands).toEqual([
      `nft 'insert rule ip mine postrouting position 3 oifname "eth0" ip saddr 172.30.1.0/24 accept'`,
      `nft 'insert rule ip mine postrouting position 3 oifname "eth1" ip saddr 172.30.1.0/24 accept'`,
    ])
    expectTrue(seen)
  })
})

describe('what processes of the host send to a container', () => {
  const elsewhere = (where: string, port: number, ...matches: NftRule) => [
    table(nat('output', -150, [...matches, dnat(where, port)])),
  ]
  const toNginx = [destination('172.30.1.10'), tcpTo(80)]

  test.each<[string, string, number, string]>([
    ['another machine', '192.0.2.10', 7000, '192.0.2.10:7000 by eth0'],
    ['the host itself', '192.0.2.2', 7000, '192.0.2.2:7000 on this host'],
    ['another container', '172.30.1.11', 81, '172.30.1.11:81 by pt-web'],
  ])('is said to be translated where a rule takes it to %s', async (_, where, port, told) => {
    const seen = await look({ nft: elsewhere(where, port, ...toNginx) })
    expect(seen.told).toEqual(['warning NetworkDropped network web by nft mine output 1'])
    expect(seen.conflicts[0]?.message).toBe(
      `Some packets from this host do not reach containers of network web, for example to nginx (172.30.1.10). Rule 1 of chain output (nft, table ip mine) sends the packets to ${told}: \`ip daddr 172.30.1.10 tcp dport 80 dnat to ${where}:${port}\`.`,
    )
    expectTrue(seen)
  })

  test('is said to be translated even if it is dropped on its way to where it is taken', async () => {
    const nft = [...elsewhere('203.0.113.9', 7000, ...toNginx), dropping]
    expect((await look({ nft })).told).toEqual(['warning NetworkDropped network web by nft mine output 1'])
  })

  test('is dropped where a rule drops it', async () => {
    const seen = await look({ nft: [table(filter('output', 0, [...toNginx, drop]))] })
    expect(seen.conflicts.filter(({ mapping }) => mapping === null).map(({ message }) => message)).toEqual([
      expect.stringMatching(/ Rule 1 of chain output .* drops the packets: /),
    ])
  })
})

describe('what the plan may not set', () => {
  const told = async (sysctls: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const seen = await look({
      sysctls: false,
      facts: {
        interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.2/24'] }],
        routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
        sysctls,
      },
    })
    return seen.conflicts.map(({ severity, kind, culprit }) => `${severity} ${kind} ${culprit?.text}`)
  }

  test('forwarding that is off is an error, told once', async () => {
    const routed = { 'net.ipv4.ip_forward': '0', 'net.ipv4.conf.pt-web.route_localnet': '1' }
    expect(await told(routed)).toEqual(['error ForwardingDisabled net.ipv4.ip_forward = 0'])
  })

  test('route_localnet that is off is an error, told once', async () => {
    const routed = { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.pt-web.route_localnet': '0' }
    expect(await told(routed)).toEqual([
      'error RouteLocalnetDisabled net.ipv4.conf.pt-web.route_localnet = 0',
    ])
  })

  test('both may be on already', async () => {
    const routed = { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.pt-web.route_localnet': '1' }
    expect(await told(routed)).toEqual([])
  })
})
