import { describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { evaluate, type HostFacts } from '@portolan/netfilter'
import { toolOfChain } from '@portolan/netfilter/analysis'
import * as nftables from '@portolan/nftables'
import { type HostRules, lowerRules, noRules } from '../../src/index.ts'
import { forward, saved } from './rules-of-both.ts'

/** nft's listing: a table of its own before and after one of iptables-nft, whose extension it does not show. */
const listed = nftables.parse(
  JSON.stringify({
    nftables: [
      { table: { family: 'inet', name: 'first', handle: 1 } },
      { table: { family: 'ip', name: 'filter', handle: 2 } },
      { chain: { family: 'ip', table: 'filter', name: 'FORWARD', handle: 1, ...forward('accept') } },
      {
        rule: {
          family: 'ip',
          table: 'filter',
          chain: 'FORWARD',
          handle: 2,
          expr: [{ xt: { type: 'match', name: 'addrtype' } }, { drop: null }],
        },
      },
      { table: { family: 'inet', name: 'last', handle: 3 } },
    ],
  }),
)

const tablesOf = (rules: Partial<HostRules>): readonly string[] =>
  lowerRules({ ...noRules, ...rules })
    .flatMap(({ tables }) => tables)
    .map(({ tool, family, name }) => `${tool} ${family} ${name}`)

describe('lowerRules', () => {
  test('takes a table of iptables-nft once, from iptables-nft-save, at its place among the others', () => {
    expect(tablesOf({ nftables: listed, 'iptables-nft': saved })).toEqual([
      'nft inet first',
      'iptables-nft ip filter',
      'nft inet last',
    ])
  })

  test('takes it from nft, as unknown, when iptables-nft-save was not read', () => {
    expect(tablesOf({ nftables: listed })).toEqual(['nft inet first', 'nft ip filter', 'nft inet last'])
    const steps = lowerRules({ ...noRules, nftables: listed })
      .flatMap(({ tables }) => tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules)))
      .flatMap((rule) => rule.steps.map(({ kind }) => kind))
    expect(steps).toContain('unknown-match')
  })

  test('takes a table that was made with nft from nft, though it has a name of iptables’', () => {
    const own = nftables.parse(
      JSON.stringify({
        nftables: [
          { table: { family: 'ip', name: 'filter', handle: 2 } },
          { chain: { family: 'ip', table: 'filter', name: 'mine', handle: 1, ...forward('drop') } },
        ],
      }),
    )
    expect(tablesOf({ nftables: own, 'iptables-nft': saved })).toEqual(['nft ip filter'])
  })

  test('takes what asks a set from nft: iptables-nft-save prints it without the set, as a rule for all', () => {
    const right = { set: ['192.0.2.7', '192.0.2.8'] }
    const left = { payload: { protocol: 'ip', field: 'saddr' } }
    const place = { family: 'ip', table: 'filter', chain: 'FORWARD' }
    const own = nftables.parse(
      JSON.stringify({
        nftables: [
          { table: { family: 'ip', name: 'filter', handle: 2 } },
          { chain: { family: 'ip', table: 'filter', name: 'FORWARD', handle: 1, ...forward('accept') } },
          { rule: { ...place, handle: 2, expr: [{ match: { op: '==', left, right } }, { drop: null }] } },
        ],
      }),
    )
    const bare = iptables.parse('*filter\n:FORWARD ACCEPT\n-A FORWARD -j DROP\nCOMMIT\n', 'saved', 'ip')
    const rules = lowerRules({ ...noRules, nftables: own, 'iptables-nft': bare })
    const facts: HostFacts = {
      interfaces: [
        { name: 'eth0', up: true, kind: 'ether', addresses: ['192.0.2.2/24'] },
        { name: 'eth1', up: true, kind: 'ether', addresses: ['203.0.113.2/24'] },
      ],
      sysctls: { 'net.ipv4.ip_forward': '1' },
    }
    const packet = { family: 'ip', in: 'eth0', destination: '203.0.113.9', protocol: 6 } as const
    const from = (source: string): string => evaluate({ ...packet, source }, facts, rules).outcome
    expect(tablesOf({ nftables: own, 'iptables-nft': bare })).toEqual(['iptables-nft ip filter'])
    expect([from('192.0.2.7'), from('192.0.2.9')]).toEqual(['dropped', 'forwarded'])
  })

  test('tells of each chain which tool takes rules for it', () => {
    const chain = { family: 'ip', table: 'filter', ...forward('accept') }
    const own = nftables.parse(
      JSON.stringify({
        nftables: [
          { table: { family: 'ip', name: 'filter', handle: 2 } },
          { chain: { ...chain, name: 'mine', handle: 1 } },
          { chain: { ...chain, name: 'FORWARD', handle: 2 } },
          { chain: { ...chain, name: 'INPUT', hook: 'input', prio: 5, handle: 3 } },
        ],
      }),
    )
    const bare = iptables.parse('*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\nCOMMIT\n', 'saved', 'ip')
    const tables = lowerRules({ ...noRules, nftables: own, 'iptables-nft': bare }).flatMap(
      (one) => one.tables,
    )
    expect(tables.map(({ tool }) => tool)).toEqual(['iptables-nft'])
    expect(tables.flatMap((one) => one.chains.map((of) => [of.name, toolOfChain(one, of)]))).toEqual([
      ['mine', 'nft'],
      ['FORWARD', 'iptables-nft'],
      ['INPUT', 'nft'],
    ])
  })

  test('takes iptables-nft’s tables as they are when nft was not read, and both variants beside each other', () => {
    expect(tablesOf({ 'iptables-nft': saved, 'iptables-legacy': saved })).toEqual([
      'iptables-legacy ip filter',
      'iptables-nft ip filter',
    ])
  })

  test('believes the header of a file that says which variant wrote it', () => {
    const text =
      '# Generated by iptables-save v1.8.11 on Mon Jan  1 00:00:00 2024\n*filter\n:INPUT DROP [0:0]\nCOMMIT\n'
    expect(tablesOf({ 'iptables-nft': iptables.parse(text, 'iptables-save', 'ip') })).toEqual([
      'iptables-legacy ip filter',
    ])
  })
})
