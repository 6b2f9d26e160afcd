import { type Seen, tell } from './look.ts'
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

export const table = (...chains: readonly NftChain[]): NftTable => ({ family: 'ip', name: 'mine', chains })

export const base =
  (type: 'filter' | 'nat') =>
  (hook: string, prio: number, ...rules: readonly NftRule[]): NftChain => ({
    name: hook,
    base: { type, hook, prio, policy: 'accept' },
    rules,
  })

export const [filter, nat] = [base('filter'), base('nat')]

export const chain = (name: string, ...rules: readonly NftRule[]): NftChain => ({ name, base: null, rules })

export const dropping: NftTable = {
  ...table(filter('output', 0, [destination('203.0.113.9'), drop])),
  name: 'strict',
}

/** The conflicts of the mapping. Another test covers those of the network. */
export const ofMapping = ({ conflicts }: Seen): readonly string[] =>
  conflicts.filter(({ mapping }) => mapping !== null).map((one) => tell(one).replace(' 0.0.0.0:8080/tcp', ''))

export const there = 'oifname "pt-web" ip daddr 172.30.1.10 tcp dport 80 accept'

export const back = 'iifname "pt-web" ip saddr 172.30.1.10 tcp sport 80 ct state established,related accept'

export const incoming = 'tcp dport 8080 fib daddr type local accept'

export type Case = readonly [
  name: string,
  tables: readonly NftTable[],
  told: readonly string[],
  /** The nft commands of the first remedy. */
  commands: readonly string[],
]

export const cases: readonly Case[] = [
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
