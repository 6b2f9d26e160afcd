import { describe, expect, test } from '@jest/globals'
import { evaluate } from '@portolan/netfilter'
import { isIptablesTable, lower, parse } from '../../src/index.ts'
import {
  ask,
  ct,
  dport,
  drop,
  facts,
  fromLan,
  type Json,
  listing,
  match,
  meta,
  payload,
  verdictOf,
} from './lowered-listing.ts'

const named = (kind: 'set' | 'map', rest: Readonly<Record<string, Json>>): Json => ({
  [kind]: { family: 'inet', table: 't', name: 's', handle: 3, ...rest },
})

describe('a rule that is lowered', () => {
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
