import { describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { evaluate, type HostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { lowerRules, noRules } from '../../src/index.ts'
import { forward } from './rules-of-both.ts'

describe('lowerRules', () => {
  test.each([
    ['without a match', { protocol: 'udp', field: 'length' }, '==', 9000, '-p udp'],
    ['with another comparison', { protocol: 'ip', field: 'daddr' }, '>', '203.0.113.9', '-d 203.0.113.9'],
    ['with another match', { protocol: 'ip', field: 'ttl' }, '>', 3, '-m ttl --ttl-gt 3'],
  ])('takes from nft what iptables-nft-save prints %s', (_, payload, op, right, matches) => {
    const place = { family: 'ip', table: 'filter', chain: 'FORWARD' }
    const own = nftables.parse(
      JSON.stringify({
        nftables: [
          { table: { family: 'ip', name: 'filter', handle: 2 } },
          { chain: { ...place, chain: undefined, name: 'FORWARD', handle: 1, ...forward('accept') } },
          {
            rule: {
              ...place,
              handle: 2,
              expr: [{ match: { op, left: { payload }, right } }, { drop: null }],
            },
          },
        ],
      }),
    )
    const text = `*filter\n:FORWARD ACCEPT\n-A FORWARD ${matches} -j DROP\nCOMMIT\n`
    const rules = lowerRules({
      ...noRules,
      nftables: own,
      'iptables-nft': iptables.parse(text, 'saved', 'ip'),
    })
    expect(rules.flatMap(({ tables }) => tables.map(({ tool }) => tool))).toEqual(['iptables-nft'])
    const sources = rules.flatMap(({ tables }) =>
      tables.flatMap(({ chains }) => chains.flatMap((one) => one.rules)),
    )
    expect(sources.map(({ source }) => [source.tool, source.position, source.text])).toEqual([
      ['iptables-nft', 1, `${payload.protocol} ${payload.field} ${op === '==' ? '' : `${op} `}${right} drop`],
    ])
  })

  const listedAndSaved = (matches: readonly object[], saved: string) => {
    const place = { family: 'ip', table: 'filter', chain: 'FORWARD' }
    const expr = [...matches.map((match) => ({ match })), { drop: null }]
    const own = nftables.parse(
      JSON.stringify({
        nftables: [
          { table: { family: 'ip', name: 'filter', handle: 2 } },
          { chain: { ...place, chain: undefined, name: 'FORWARD', handle: 1, ...forward('accept') } },
          { rule: { ...place, handle: 2, expr } },
        ],
      }),
    )
    const text = `*filter\n:FORWARD ACCEPT\n-A FORWARD ${saved} -j DROP\nCOMMIT\n`
    const known = iptables.parse(text, 'saved', 'ip')
    return lowerRules({ ...noRules, nftables: own, 'iptables-nft': known }).flatMap(({ tables }) =>
      tables.flatMap(({ chains }) => chains.flatMap((one) => one.rules.map(({ source }) => source.text))),
    )
  }
  const protocolOf = { payload: { protocol: 'ip', field: 'protocol' } }
  const portOf = { payload: { protocol: 'tcp', field: 'dport' } }
  const flags = { payload: { protocol: 'tcp', field: 'flags' } }
  const port80 = { op: '==', left: portOf, right: 80 }

  test.each([
    ['ip protocol ip drop', [{ op: '==', left: protocolOf, right: 'ip' }], ''],
    ['meta l4proto 0 drop', [{ op: '==', left: { meta: { key: 'l4proto' } }, right: 0 }], ''],
    [
      'ip protocol != udp tcp dport 80 drop',
      [{ op: '!=', left: protocolOf, right: 'udp' }, port80],
      '! -p tcp -m tcp --dport 80',
    ],
    [
      'tcp dport 80 ip protocol != udp drop',
      [port80, { op: '!=', left: protocolOf, right: 'udp' }],
      '! -p udp -m tcp --dport 80',
    ],
  ])(
    'takes a protocol from nft where iptables-nft-save prints another or none: %s',
    (text, matches, saved) => {
      expect(listedAndSaved(matches, saved)).toEqual([text])
    },
  )

  test.each([
    ['-p tcp -m tcp --tcp-flags FIN,SYN NONE', { op: '!', left: flags, right: ['fin', 'syn'] }],
    ['-p tcp -m tcp ! --tcp-flags SYN NONE', { op: 'in', left: flags, right: 'syn' }],
    ['-p tcp -m tcp --dport 0:1023', { op: '<=', left: portOf, right: 1023 }],
    ['-p tcp -m tcp --dport 1024:65535', { op: '>', left: portOf, right: 1023 }],
  ])('has a rule of iptables-nft in its words, however nft lists it: %s', (saved, match) => {
    expect(listedAndSaved([match], saved)).toEqual([`-A FORWARD ${saved} -j DROP`])
  })

  test.each([
    ['takes our jump away', ''],
    ['puts another in its place', ':PORTOLAN-X -\n-A FORWARD -j PORTOLAN-X\n'],
    ['puts it in front again', ':PORTOLAN-FWD -\n-A FORWARD -j PORTOLAN-FWD\n'],
  ])('keeps the rules of iptables-nft and those of nft apart where a plan %s', (what, ours) => {
    const place = { family: 'ip', table: 'filter', chain: 'FORWARD' }
    const rule = (handle: number, ...expr: readonly object[]) => ({ rule: { ...place, handle, expr } })
    const jump = rule(3, { jump: { target: 'PORTOLAN-FWD' } })
    const own = nftables.parse(
      JSON.stringify({
        nftables: [
          { table: { family: 'ip', name: 'filter', handle: 2 } },
          { chain: { ...place, chain: undefined, name: 'FORWARD', handle: 1, ...forward('accept') } },
          { chain: { ...place, chain: undefined, name: 'PORTOLAN-FWD', handle: 2 } },
          ...(what === 'puts it in front again' ? [] : [jump]),
          rule(4, { xt: { type: 'match', name: 'addrtype' } }, { drop: null }),
          rule(
            5,
            {
              match: {
                ...{ op: '==', right: 9000 },
                left: { payload: { protocol: 'udp', field: 'length' } },
              },
            },
            { drop: null },
          ),
          ...(what === 'puts it in front again' ? [jump] : []),
        ],
      }),
    )
    const text = `*filter\n:FORWARD ACCEPT\n${ours}-A FORWARD -m addrtype --dst-type LOCAL -j DROP\n-A FORWARD -p udp -j DROP\nCOMMIT\n`
    const planned = iptables.parse(text, 'saved', 'ip')
    const found = lowerRules({ ...noRules, nftables: own, 'iptables-nft': planned }).flatMap(({ tables }) =>
      tables.flatMap(({ chains }) =>
        chains.filter(({ name }) => name === 'FORWARD').flatMap(({ rules }) => rules),
      ),
    )
    const first = ours.match(/-A FORWARD -j .*/g) ?? []
    expect(found.map(({ source }) => source.text)).toEqual([
      ...first,
      '-A FORWARD -m addrtype --dst-type LOCAL -j DROP',
      'udp length 9000 drop',
    ])
    expect(found.map(({ source }) => source.position)).toEqual(found.map((_rule, at) => at + 1))
  })

  test.each([
    ['ip', { '&': ['saddr', '0.0.0.255'] }, '10.0.0.3', '10.0.0.3/0.0.0.255', '192.0.2.3'],
    ['ip', 'saddr', { prefix: { addr: '192.0.2.5', len: 24 } }, '192.0.2.5/24', '192.0.2.3'],
    ['ip6', { '&': ['saddr', '::ff'] }, 'fd00::3', 'fd00::3/::ff', '2001:db8::3'],
    ['ip6', 'saddr', { prefix: { addr: '2001:db8::5', len: 64 } }, '2001:db8::5/64', '2001:db8::3'],
  ] as const)(
    'takes from nft what asks %s addresses for bits that its mask takes away, which no address has: %j %j',
    (family, of, right, asked, source) => {
      const field = { payload: { protocol: family, field: 'saddr' } }
      const left = typeof of === 'string' ? field : { '&': [field, of['&'][1]] }
      const place = { family, table: 'filter', chain: 'FORWARD' }
      const own = nftables.parse(
        JSON.stringify({
          nftables: [
            { table: { family, name: 'filter', handle: 2 } },
            { chain: { family, table: 'filter', name: 'FORWARD', handle: 1, ...forward('accept') } },
            { rule: { ...place, handle: 2, expr: [{ match: { op: '==', left, right } }, { drop: null }] } },
          ],
        }),
      )
      const text = `*filter\n:FORWARD ACCEPT\n-A FORWARD -s ${asked} -j DROP\nCOMMIT\n`
      const rules = lowerRules({
        ...noRules,
        nftables: own,
        'iptables-nft': iptables.parse(text, 'saved', family),
      })
      const facts: HostFacts = {
        interfaces: [
          { name: 'eth0', up: true, kind: 'ether', addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
          { name: 'eth1', up: true, kind: 'ether', addresses: ['203.0.113.2/24', '2001:db8:2::2/64'] },
        ],
        sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' },
      }
      const destination = family === 'ip' ? '203.0.113.9' : '2001:db8:2::9'
      const packet = { family, in: 'eth0', source, destination, protocol: 6 } as const
      expect(evaluate(packet, facts, rules).outcome).toBe('forwarded')
    },
  )
})
