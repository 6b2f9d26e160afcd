import { describe, expect, test } from '@jest/globals'
import { evaluate, type HostFacts, type Outcome, type Packet } from '@portolan/netfilter'
import { isIptablesTable, lower, parse } from '../../src/index.ts'

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', index: 1, up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', index: 2, up: true, kind: 'ether', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] },
    { name: 'br-web', index: 4, up: true, kind: 'bridge', addresses: ['172.17.0.1/16'] },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1' },
}

const fromLan: Packet = {
  family: 'ip',
  in: 'eth0',
  source: '192.0.2.9',
  sourcePort: 40000,
  destination: '192.0.2.2',
  destinationPort: 8080,
  protocol: 'tcp',
  tcpFlags: 2,
}

type Json = unknown
const payload = (protocol: string, field: string): Json => ({ payload: { protocol, field } })
const meta = (key: string): Json => ({ meta: { key } })
const ct = (key: string, dir?: string): Json => ({ ct: dir === undefined ? { key } : { key, dir } })
const match = (left: Json, right: Json, op = '=='): Json => ({ match: { op, left, right } })
const drop = { drop: null }
const dport = payload('tcp', 'dport')

interface Options {
  readonly type?: string
  readonly hook?: string
  readonly prio?: number
  readonly flags?: string
  readonly objects?: readonly Json[]
}

/** The listing of a table `inet t` with one base chain. */
const listing = (rules: readonly (readonly Json[])[], options: Options = {}): string => {
  const { type = 'filter', hook = 'input', prio = 0, objects = [], flags } = options
  const place = { family: 'inet', table: 't' }
  return JSON.stringify({
    nftables: [
      { table: { family: 'inet', name: 't', handle: 1, ...(flags === undefined ? {} : { flags }) } },
      ...objects,
      { chain: { ...place, name: 'c', handle: 1, type, hook, prio, policy: 'accept' } },
      ...rules.map((expr, at) => ({ rule: { ...place, chain: 'c', handle: at + 5, expr } })),
    ],
  })
}

const ask = (
  rules: readonly (readonly Json[])[],
  packet: Partial<Packet> = {},
  options: Options = {},
): Outcome => evaluate({ ...fromLan, ...packet }, facts, lower(parse(listing(rules, options))))

/** The outcome of a packet when a matching rule drops it. */
const verdictOf = (matches: readonly Json[], packet: Partial<Packet> = {}, options: Options = {}): string => {
  const { outcome, certainty } = ask([[...matches, drop]], packet, options)
  return `${certainty} ${outcome}`
}

const named = (kind: 'set' | 'map', rest: Readonly<Record<string, Json>>): Json => ({
  [kind]: { family: 'inet', table: 't', name: 's', handle: 3, ...rest },
})

describe('a rule that is lowered', () => {
  test.each<[string, readonly Json[], Partial<Packet>]>([
    ['a port', [match(dport, 8080)], {}],
    ['a range of ports', [match(dport, { range: [8000, 8999] })], {}],
    ['ports by set', [match(dport, { set: [80, { range: [8080, 8081] }] })], {}],
    ['all but a port', [match(dport, 80, '!=')], {}],
    ['ports above', [match(dport, 8079, '>')], {}],
    ['ports from', [match(dport, 8080, '>=')], {}],
    ['ports of any protocol', [match(payload('th', 'dport'), 8080)], { protocol: 'udp' }],
    ['the raw bits of a port', [match({ payload: { base: 'th', offset: 16, len: 16 } }, 8080)], {}],
    ['a prefix', [match(payload('ip', 'saddr'), { prefix: { addr: '192.0.2.0', len: 24 } })], {}],
    [
      'all but a prefix with bits behind it',
      [match(payload('ip', 'saddr'), { prefix: { addr: '192.0.2.9', len: 24 } }, '!=')],
      {},
    ],
    ['a masked address', [match({ '&': [payload('ip', 'saddr'), '0.0.0.255'] }, '0.0.0.9')], {}],
    ['an interface', [match(meta('iifname'), 'eth0')], {}],
    ['interfaces that start so', [match(meta('iifname'), 'eth*')], {}],
    ['an interface by index, listed by name', [match(meta('iif'), 'eth0')], {}],
    ['an interface by index that had no name', [match(meta('iif'), 2)], {}],
    ['a protocol by name', [match(meta('l4proto'), 'tcp')], {}],
    ['a protocol by number', [match(payload('ip', 'protocol'), { set: [6, 17] })], {}],
    ['a family', [match(meta('nfproto'), 'ipv4')], {}],
    ['a family by ether type', [match(meta('protocol'), 'ip')], {}],
    ['any of some flags', [match(payload('tcp', 'flags'), ['syn', 'rst'], 'in')], {}],
    ['none of some flags', [match(payload('tcp', 'flags'), ['fin', 'rst'], '!')], {}],
    [
      'flags out of a mask',
      [match({ '&': [payload('tcp', 'flags'), { '|': [{ '|': ['fin', 'syn'] }, 'ack'] }] }, 'syn')],
      {},
    ],
    ['a state', [match(ct('state'), ['new', 'related'], 'in')], {}],
    ['not a state', [match(ct('state'), 'established', '!=')], {}],
    ['a direction', [match(ct('direction'), 'original')], {}],
    ['the original destination', [match(ct('ip daddr', 'original'), '192.0.2.2')], {}],
    ['the original port', [match(ct('proto-dst', 'original'), 8080)], {}],
    ['the protocol of a flow', [match(ct('protocol'), 'tcp')], {}],
    [
      'an ICMP type',
      [match(payload('icmp', 'type'), 'echo-request')],
      { protocol: 'icmp', destinationPort: null },
    ],
    ['a packet type', [match(meta('pkttype'), { set: ['host', 'broadcast'] })], {}],
    ['a mark under a mask', [match({ '&': [meta('mark'), 255] }, 16)], { mark: 0x310 }],
    ['an address type', [match({ fib: { result: 'type', flags: ['daddr'] } }, 'local')], {}],
    ['a way back', [match({ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, true)], {}],
    [
      'a concatenation',
      [
        match(
          { concat: [payload('ip', 'saddr'), dport] },
          { set: [{ concat: [{ prefix: { addr: '192.0.2.0', len: 25 } }, 8080] }] },
        ),
      ],
      {},
    ],
    ['what is no later fragment', [match({ '&': [payload('ip', 'frag-off'), 8191] }, 0)], {}],
    [
      'a verdict map',
      [
        {
          vmap: {
            key: dport,
            data: {
              set: [
                [8080, drop],
                [80, { accept: null }],
              ],
            },
          },
        },
      ],
      {},
    ],
    [
      'the rest of a verdict map',
      [
        {
          vmap: {
            key: dport,
            data: {
              set: [
                [80, { accept: null }],
                ['*', drop],
              ],
            },
          },
        },
      ],
      {},
    ],
  ])('matches %s for certain', (_, matches, packet) => {
    expect(verdictOf(matches, packet)).toBe('certain dropped')
  })

  test.each<[string, readonly Json[], Partial<Packet>]>([
    ['a port of another protocol', [match(dport, 8080)], { protocol: 'udp' }],
    ['even a negated port of another protocol', [match(dport, 80, '!=')], { protocol: 'udp' }],
    ['an address of another family', [match(payload('ip6', 'saddr'), '::1', '!=')], {}],
    ['ports below', [match(dport, 8080, '<')], {}],
    ['a port that a set leaves out', [match(dport, { set: [80, 443] })], {}],
    ['a flag that is not set', [match(payload('tcp', 'flags'), 'urg', 'in')], {}],
    // nft lists `ip saddr & 255.255.255.0 == 192.0.2.9` so: no address has bits that the mask takes away.
    [
      'a prefix with bits behind it',
      [match(payload('ip', 'saddr'), { prefix: { addr: '192.0.2.9', len: 24 } })],
      {},
    ],
    [
      'an IPv6 prefix with bits behind it',
      [match(payload('ip6', 'saddr'), { prefix: { addr: '2001:db8:1::9', len: 64 } })],
      { family: 'ip6', source: '2001:db8:1::9', destination: '2001:db8:1::2' },
    ],
    [
      'bits that the mask takes away',
      [match({ '&': [payload('ip', 'saddr'), '0.0.0.255'] }, '10.0.0.9')],
      {},
    ],
    ['another interface', [match(meta('iifname'), 'eth1*')], {}],
    ['ARP', [match(meta('protocol'), 'arp')], {}],
    [
      'a missing way back that is there',
      [match({ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, false)],
      {},
    ],
    ['a header of another family, unknown as its field is', [match(payload('ip6', 'dscp'), 4)], {}],
  ])('does not match %s, for certain', (_, matches, packet) => {
    expect(verdictOf(matches, packet)).toBe('certain local')
  })

  test.each<[string, readonly Json[]]>([
    ['a limit', [{ limit: { rate: 1, per: 'second' } }]],
    ['a quota', [{ quota: { val: 1, val_unit: 'mbytes' } }]],
    ['the time', [match(meta('hour'), { range: ['08:00', '17:00'] })]],
    ['a header field that no packet is described by', [match(payload('ip', 'dscp'), 'cs1')]],
    ['a service by a name', [match(dport, 'http-alt')]],
    ['a set that is not there', [match(dport, '@nowhere')]],
    ['an unknown statement', [{ teleport: 'mars' }]],
    ['an extension of iptables', [{ xt: { type: 'match', name: 'recent' } }]],
    ['a map that it does not have whole', [{ vmap: { key: dport, data: { set: [['nonsense', drop]] } } }]],
  ])('is possible where it asks for %s', (_, matches) => {
    expect(verdictOf(matches)).toMatch(/^possible/)
  })

  test('shares a named set among all rules that name it', () => {
    const objects = [named('set', { type: 'inet_service', elem: [8080, 8081] })]
    const { tables } = lower(
      parse(listing([[match(dport, '@s'), drop], [match(dport, '@s', '!=')]], { objects })),
    )
    const shared = tables[0]?.chains[0]?.rules.map(({ steps: [step] }) =>
      step?.kind === 'lookup' ? step.table : null,
    )
    expect(shared?.[0]).toBe(shared?.[1])
    expect(verdictOf([match(dport, '@s')], {}, { objects })).toBe('certain dropped')
  })

  test.each<[string, Readonly<Record<string, Json>>]>([
    ['is dynamic', { type: 'inet_service', flags: ['dynamic'], elem: [8080] }],
    ['times out', { type: 'inet_service', flags: ['timeout'], elem: [8080] }],
    [
      'limits its elements',
      { type: 'inet_service', elem: [8080], stmt: [{ limit: { rate: 1, per: 'second' } }] },
    ],
    [
      'has a limit of one element',
      { type: 'inet_service', elem: [{ elem: { val: 8080, quota: { val: 1, val_unit: 'bytes' } } }] },
    ],
  ])('is possible when its set %s', (_, rest) => {
    expect(verdictOf([match(dport, '@s')], {}, { objects: [named('set', rest)] })).toMatch(/^possible/)
  })

  test('is possible when its set is written by a rule', () => {
    const objects = [named('set', { type: 'ipv4_addr', elem: [] })]
    const write = { set: { op: 'add', elem: payload('ip', 'saddr'), set: '@s' } }
    expect(ask([[write], [match(payload('ip', 'saddr'), '@s'), drop]], {}, { objects }).certainty).toBe(
      'possible',
    )
  })

  test('translates to an address and port of a map, looked up by port', () => {
    const objects = [
      named('map', {
        type: 'inet_service',
        map: ['ipv4_addr', 'inet_service'],
        elem: [[8080, { concat: ['172.17.0.5', 80] }]],
      }),
    ]
    const rules = [[{ dnat: { family: 'ip', addr: { map: { key: dport, data: '@s' } } } }]]
    const found = ask(rules, {}, { type: 'nat', hook: 'prerouting', prio: -100, objects })
    expect(found).toMatchObject({
      outcome: 'forwarded',
      certainty: 'certain',
      at: { address: '172.17.0.5', port: 80, interface: 'br-web' },
    })
  })

  test('translates to every address of a balancer', () => {
    const key = { numgen: { mode: 'random', mod: 2, offset: 0 } }
    const data = {
      set: [
        [0, { concat: ['172.17.0.5', 80] }],
        [1, { concat: ['172.17.0.6', 81] }],
      ],
    }
    const rules = [[match(dport, 8080), { dnat: { family: 'ip', addr: { map: { key, data } } } }]]
    const found = ask(rules, {}, { type: 'nat', hook: 'prerouting', prio: -100 })
    const ends = [found, ...found.alternatives].map(({ at }) => `${at?.address}:${at?.port}`)
    expect(ends.sort()).toEqual(['172.17.0.5:80', '172.17.0.6:81'])
  })

  test('translates only packets of its own family, in a table of both', () => {
    const rules = [[{ dnat: { family: 'ip6', addr: 'fd00::5' } }]]
    expect(ask(rules, {}, { type: 'nat', hook: 'prerouting', prio: -100 }).outcome).toBe('local')
  })

  test('marks a packet for the rules after it', () => {
    const mark = { mangle: { key: meta('mark'), value: { '|': [{ '&': [meta('mark'), 240] }, 2] } } }
    expect(ask([[mark], [match(meta('mark'), 0x32), drop]], { mark: 0x35 })).toMatchObject({
      outcome: 'dropped',
      certainty: 'certain',
    })
  })

  const raw = (base: string, offset: number, len: number): Json => ({ payload: { base, offset, len } })
  const gate = (protocol: number): Json => ({
    kind: 'compare',
    expression: { kind: 'field', field: 'nfproto', family: null, protocols: null },
    values: { kind: 'ranges', ranges: [{ first: protocol, last: protocol }] },
    negated: false,
  })
  const given = (target: string, value: number): Json => ({
    kind: 'set',
    target,
    value: { kind: 'constant', value },
  })

  test.each<[Json, number, readonly Json[]]>([
    [payload('ip', 'ttl'), 1, [gate(2), given('hop-limit', 1)]],
    [payload('ip6', 'hoplimit'), 1, [gate(10), given('hop-limit', 1)]],
    [ct('zone', 'original'), 7, [given('ct-zone-original', 7)]],
    [ct('zone', 'reply'), 7, [given('ct-zone-reply', 7)]],
    [meta('pkttype'), 2, [given('pkttype', 2)]],
    [payload('ip', 'dscp'), 4, [gate(2), { kind: 'note', text: 'ip dscp set 4' }]],
    [payload('ip', 'checksum'), 0, [gate(2), { kind: 'rewrite', text: 'ip checksum set 0' }]],
    [raw('nh', 64, 8), 1, [{ kind: 'rewrite', text: '@nh,64,8 set 1' }]],
  ])('setting %j to %i is read as what it does to a packet', (key, value, steps) => {
    const { tables } = lower(parse(listing([[{ mangle: { key, value } }]])))
    expect(tables[0]?.chains[0]?.rules[0]?.steps).toEqual(steps)
  })

  test('sends a packet away by a device, to a neighbour where the rule names one', () => {
    const stepsOf = (fwd: Json): unknown =>
      lower(parse(listing([[{ fwd }]]))).tables[0]?.chains[0]?.rules[0]?.steps
    expect(stepsOf({ dev: 'br-web' })).toEqual([{ kind: 'fwd', device: 'br-web', isAddressed: false }])
    expect(stepsOf({ dev: 'br-web', family: 'ip', addr: '172.17.0.2' })).toEqual([
      gate(2),
      { kind: 'fwd', device: 'br-web', isAddressed: true },
    ])
    expect(stepsOf({ dev: { map: { key: dport, data: { set: [[80, 'br-web']] } } } })).toEqual([
      { kind: 'fwd', device: null, isAddressed: false },
    ])
  })

  test('refuses with what the rule says', () => {
    const rejected = ask([[{ reject: { type: 'icmp', expr: 'port-unreachable' } }]])
    expect(rejected).toMatchObject({ outcome: 'rejected', culprit: { position: 1, handle: 5 } })
    const steps = lower(parse(listing([[{ reject: { type: 'tcp reset' } }]]))).tables[0]?.chains[0]?.rules[0]
      ?.steps
    expect(steps).toContainEqual({ kind: 'reject', with: 'tcp-reset' })
  })

  test('says where it stands, in the words of nft, with its counters apart', () => {
    const rules = [
      [{ accept: null }],
      [match(meta('iifname'), 'eth0'), { counter: { packets: 3, bytes: 180 } }, drop],
    ]
    expect(lower(parse(listing(rules))).tables[0]?.chains[0]?.rules[1]?.source).toEqual({
      tool: 'nft',
      family: 'inet',
      table: 't',
      chain: 'c',
      position: 2,
      handle: 6,
      text: 'iifname "eth0" drop',
      comment: null,
      counters: { packets: 3n, bytes: 180n },
    })
  })
})

describe('a table that is lowered', () => {
  test('does nothing while it is dormant', () => {
    expect(verdictOf([match(dport, 8080)], {}, { flags: 'dormant' })).toBe('certain local')
  })

  test('sees both families when it is of inet', () => {
    const six = { family: 'ip6', source: '2001:db8:1::9', destination: '2001:db8:1::2' } as const
    expect(verdictOf([match(dport, 8080)])).toBe('certain dropped')
    expect(verdictOf([match(dport, 8080)], six)).toBe('certain dropped')
  })

  test('has a rule that could not be read before all others, as an unknown', () => {
    const odd = { rule: { family: 'inet', table: 't', chain: 'c', handle: 9, expr: 'all' } }
    const text = listing([[{ accept: null }]]).replace(/\]\}$/, `,${JSON.stringify(odd)}]}`)
    const found = evaluate(fromLan, facts, lower(parse(text)))
    expect(found.certainty).toBe('possible')
    expect(lower(parse(text)).tables[0]?.chains[0]?.rules.map(({ source }) => source.handle)).toEqual([9, 5])
  })

  test('keeps the order of tables and chains, which decides between equal priorities', () => {
    const tables = ['b', 'a', 'c'].map((name) => ({ table: { family: 'ip', name } }))
    expect(lower(parse(JSON.stringify({ nftables: tables }))).tables.map(({ name }) => name)).toEqual([
      'b',
      'a',
      'c',
    ])
  })

  const ofIptables = (...expr: readonly Json[]): string =>
    JSON.stringify({
      nftables: [
        { table: { family: 'ip', name: 'filter' } },
        {
          chain: {
            family: 'ip',
            table: 'filter',
            name: 'FORWARD',
            type: 'filter',
            hook: 'forward',
            prio: 0,
            policy: 'drop',
          },
        },
        { rule: { family: 'ip', table: 'filter', chain: 'FORWARD', expr } },
        { table: { family: 'ip', name: 'mine' } },
      ],
    })

  test.each([
    ['shows an extension', ofIptables({ xt: { type: 'target', name: 'DNAT' } })],
    ['is laid out as iptables-nft does', ofIptables(drop)],
  ])('is known for one of iptables-nft when it %s, and left out when that was read', (_, text) => {
    const ruleset = parse(text)
    expect(ruleset.tables.filter(isIptablesTable).map(({ name }) => name)).toEqual(['filter'])
    expect(lower(ruleset, { readElsewhere: isIptablesTable }).tables.map(({ name }) => name)).toEqual([
      'mine',
    ])
    expect(lower(ruleset).tables).toHaveLength(2)
  })
})
