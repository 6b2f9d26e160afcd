import { readCompose } from '@portolan/core'
import {
  arbitraryFlow,
  arbitraryIntent,
  arbitraryPortMapping,
  contractBreaches,
  type FakeHost,
  fakeHost,
  portolanMatchers,
  smallHost,
} from '@portolan/testing'

/** The value as a caller without types would pass it. */
export const untyped = (value: unknown): never => value as never

export const packet = {
  family: 'ip',
  in: 'eth0',
  source: '198.51.100.7',
  destination: '192.0.2.2',
  destinationPort: 80,
  protocol: 'tcp',
} as const

export const flow = {
  family: 'ip',
  protocol: 'tcp',
  from: { kind: 'machine', address: '198.51.100.7', interface: 'eth0' },
  to: { address: '192.0.2.2', port: 80 },
} as const

export const shop = readCompose('services: {web: {ports: ["8080:80"]}}', {
  source: 'compose.yaml',
  project: 'shop',
})

export type Mistake = readonly [call: string, make: (host: FakeHost) => unknown, told: string]

export const made: readonly Mistake[] = [
  [
    'fakeHost(null)',
    () => fakeHost(untyped(null)),
    'expected facts as "portolan inspect" prints them, found null',
  ],
  ['fakeHost(5)', () => fakeHost(untyped(5)), 'found 5'],
  ['fakeHost("x")', () => fakeHost(untyped('x')), 'found "x"'],
  ['fakeHost([])', () => fakeHost(untyped([])), 'found []'],
  ['routes as a text', () => fakeHost(untyped({ routes: 'x' })), 'routes: expected a list, found "x"'],
  [
    'a destination that is none',
    () => fakeHost({ routes: [{ destination: '999.1.1.1/8' }] }),
    'routes[0].destination: expected default or a prefix',
  ],
  ['a misspelt fact', () => fakeHost(untyped({ interfcaes: [] })), 'did you mean "interfaces"'],
  ['rules as facts', () => fakeHost(untyped({ iptables: '' })), 'rules, which are the second value'],
  [
    'rules as a text',
    () => fakeHost(smallHost, untyped('*filter\nCOMMIT\n')),
    'expected an object with texts',
  ],
  ['rules as null', () => fakeHost(smallHost, untyped(null)), 'expected an object with texts'],
  ['a misspelt tool', () => fakeHost(smallHost, untyped({ iptable: '' })), 'did you mean "iptables"?'],
  [
    'a tool that is none',
    () => fakeHost(smallHost, untyped({ firewalld: '' })),
    'Known are iptables, ip6tables',
  ],
  ['a number of a tool', () => fakeHost(smallHost, untyped({ iptables: 3 })), 'iptables: expected a text'],
  [
    'a buffer of a tool',
    () => fakeHost(smallHost, untyped({ nft: Buffer.from('') })),
    'nft: expected a text',
  ],
  ['a text of nftables', () => fakeHost(smallHost, untyped({ nftables: '' })), '{ nft: text }'],
  [
    'values of one backend',
    () => fakeHost(smallHost, untyped({ nftables: { tables: [] } })),
    'iptables-nft: expected a value with tables',
  ],
  ['change(null)', (host) => host.change(untyped(null)), 'host.change(facts): expected facts'],
  [
    'change of a fact that is none',
    (host) => host.change(untyped({ sockets: 5 })),
    'sockets: expected a list',
  ],
  [
    'foreign.nft()',
    (host) => host.foreign.nft(untyped(undefined)),
    'foreign.nft(text): expected a text as "nft list ruleset" prints it, found nothing',
  ],
  [
    'foreign.iptables(5)',
    (host) => host.foreign.iptables(untyped(5)),
    'as "iptables-save" prints it, found 5',
  ],
  ['foreign.ip6tables(null)', (host) => host.foreign.ip6tables(untyped(null)), '"ip6tables-save"'],
  [
    'foreign.iptablesLegacy({})',
    (host) => host.foreign.iptablesLegacy(untyped({})),
    '"iptables-legacy-save"',
  ],
  [
    'foreign.ip6tablesLegacy([])',
    (host) => host.foreign.ip6tablesLegacy(untyped([])),
    '"ip6tables-legacy-save"',
  ],
  ['deleteBridge of none', (host) => host.drift.deleteBridge('nope'), 'this host has no bridge of Portolan'],
  ['deleteRules()', (host) => host.drift.deleteRules(untyped(undefined)), 'expected words of the rules'],
  ['deleteRules of no words', (host) => host.drift.deleteRules(''), 'expected words of the rules'],
  [
    'flushIptables of no variant',
    (host) => host.drift.flushIptables(untyped('nft')),
    'expected one of iptables-nft',
  ],
  ['setSysctl()', (host) => host.drift.setSysctl(untyped(undefined), '0'), 'expected a name such as'],
  [
    'setSysctl of a number',
    (host) => host.drift.setSysctl('net.ipv4.ip_forward', untyped(0)),
    'expected the value as a text',
  ],
  ['addInterface()', (host) => host.addInterface(untyped(undefined)), 'expected a name of 1 to 15 bytes'],
  [
    'addInterface of a long name',
    (host) => host.addInterface('a'.repeat(16)),
    'expected a name of 1 to 15 bytes',
  ],
  ['addInterface of no kind', (host) => host.addInterface('veth1', untyped(5)), 'expected a kind'],
  [
    'arbitraryFlow()',
    () => arbitraryFlow(untyped(undefined)),
    'arbitraryFlow(host): expected a host of fakeHost()',
  ],
  ['arbitraryFlow({})', () => arbitraryFlow(untyped({})), 'expected a host of fakeHost()'],
  ['arbitraryPortMapping()', () => arbitraryPortMapping(untyped(undefined)), 'expected an intent'],
  [
    'arbitraryIntent of a misspelt option',
    () => arbitraryIntent(untyped({ projct: 1 })),
    'did you mean "project"?',
  ],
  ['contractBreaches({})', () => contractBreaches(untyped({})), 'expected a host of fakeHost(), found {}'],
  [
    'toDrop of a number',
    () => portolanMatchers.toDrop(untyped(5), packet),
    'expect(host).toDrop(flow): expected a host of fakeHost(), found 5',
  ],
  [
    'toDeliver of null',
    () => portolanMatchers.toDeliver(untyped(null), packet),
    'expected a host of fakeHost()',
  ],
  [
    'toMeetContract of {}',
    () => portolanMatchers.toMeetContract(untyped({})),
    'expected a host of fakeHost()',
  ],
  [
    'toHaveNoConflicts of {}',
    () => portolanMatchers.toHaveNoConflicts(untyped({})),
    'a host of fakeHost() or a plan',
  ],
  [
    'a misspelt severity',
    (host) => portolanMatchers.toHaveNoConflicts(host, untyped({ severity: 'eror' })),
    'severity: expected one of error, warning, info, found "eror": did you mean "error"?',
  ],
  [
    'a misspelt option',
    (host) => portolanMatchers.toHaveNoConflicts(host, untyped({ sevrity: 'error' })),
    '"sevrity" is not known: did you mean "severity"?',
  ],
  [
    'options as a text',
    (host) => portolanMatchers.toHaveNoConflicts(host, untyped('error')),
    'expected options as an object',
  ],
  [
    'a misspelt receiver',
    (host) => portolanMatchers.toDeliver(host, packet, untyped({ servce: 'web' })),
    'did you mean "service"?',
  ],
  [
    'a port of a receiver as a text',
    (host) => portolanMatchers.toDeliver(host, packet, untyped({ port: '80' })),
    'port: expected a whole number',
  ],
]

export const awaited: readonly Mistake[] = [
  ['plan()', (host) => host.plan(untyped(undefined)), 'host.plan(intent): expected an intent'],
  ['plan({})', (host) => host.plan(untyped({})), 'project: expected the name of a project'],
  [
    'plan of a misspelt option',
    (host) => host.plan(shop, untyped({ backed: 'nftables' })),
    'did you mean "backend"?',
  ],
  [
    'plan of no backend',
    (host) => host.plan(shop, untyped({ backend: 'nft' })),
    'backend: expected one of auto, iptables',
  ],
  ['plan of no list', (host) => host.plan(shop, untyped({ pools: 'classic' })), 'pools: expected a list'],
  ['apply()', (host) => host.apply(untyped(undefined)), 'host.apply(plan): expected a plan'],
  ['apply of an intent', (host) => host.apply(untyped(shop)), 'host.apply(plan): expected a plan'],
  [
    'destroy of a misspelt option',
    (host) => host.destroy(untyped({ projct: 'shop' })),
    'did you mean "project"?',
  ],
  ['destroy of a number', (host) => host.destroy(untyped({ project: 5 })), 'expected the name of a project'],
  ['destroy of a text', (host) => host.destroy(untyped('shop')), 'expected options as an object'],
  ['openHost of no project', (host) => host.openHost({ project: 'a b\n;x' }), 'is not a usable name'],
  [
    'openHost of a misspelt option',
    (host) => host.openHost(untyped({ backed: 'nftables' })),
    'did you mean "backend"?',
  ],
  ['openHost of no backend', (host) => host.openHost(untyped({ backend: 'nft' })), 'expected one of auto'],
  ['advance(-5)', (host) => host.advance(-5), 'expected milliseconds, 0 or more, found -5'],
  ['advance(NaN)', (host) => host.advance(Number.NaN), 'found NaN'],
  ['advance("x")', (host) => host.advance(untyped('x')), 'found "x"'],
]
