import { describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import type { InterfaceFact } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { isStale, type Observation } from '../../src/apply/is-stale.ts'
import { noRules } from '../../src/host-rules/host-rules.ts'
import { after, backends, bridge, intentOf, planOf } from '../shop.ts'

const other = intentOf('services: {ghost: {ports: ["9090:2368"]}}', 'blog')

const foreignNft = nftables.parse(
  JSON.stringify({
    nftables: [
      { table: { family: 'inet', name: 'theirs' } },
      { chain: { family: 'inet', table: 'theirs', name: 'c' } },
    ],
  }),
  'nft.json',
)
const [foreignRule] = iptables
  .parse('*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -s 10.0.0.0/8 -j DROP\nCOMMIT\n', 'save', 'ip')
  .tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules))

/** Foreign rules before and after Portolan's in every built-in chain, another policy, and a foreign chain. */
const withForeign = (ruleset: iptables.Ruleset): iptables.Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.map((table) => {
    if (foreignRule === undefined) return table
    const theirs: iptables.Chain = { kind: 'user', name: 'THEIRS', counters: null, rules: [foreignRule] }
    const chains = table.chains.map(
      (chain): iptables.Chain =>
        chain.kind === 'built-in'
          ? { ...chain, policy: 'DROP', rules: [foreignRule, ...chain.rules, foreignRule] }
          : chain,
    )
    return { ...table, chains: [...chains, theirs] }
  }),
})

/** The host with one change of Portolan's bridge. */
const withBridge = ({ facts, rules }: Observation, wish: Partial<InterfaceFact>): Observation => ({
  rules,
  facts: {
    ...facts,
    interfaces: (facts.interfaces ?? []).map((link) => (link.name === bridge ? { ...link, ...wish } : link)),
  },
})

describe('a host on which nothing of ours changed', () => {
  test.each(backends)('is not stale, with rules of %s or without', (backend) => {
    const bare: Observation = { facts: {}, rules: noRules }
    const host = after(planOf({ backend }))
    expect(isStale(bare, bare)).toBeNull()
    expect(isStale(host, host)).toBeNull()
    expect(isStale(host, structuredClone(host))).toBeNull()
  })

  test.each(backends)('is not stale when others changed their rules beside ours of %s', (backend) => {
    const host = after(planOf({ backend }))
    const rules = {
      ...host.rules,
      nftables: { ...host.rules.nftables, tables: [...host.rules.nftables.tables, ...foreignNft.tables] },
      'iptables-nft': withForeign(host.rules['iptables-nft']),
      'iptables-legacy': withForeign(host.rules['iptables-legacy']),
    }
    expect(JSON.stringify(rules)).not.toBe(JSON.stringify(host.rules))
    expect(isStale(host, { ...host, rules })).toBeNull()
    expect(isStale({ ...host, rules }, host)).toBeNull()
  })

  test('is not stale when other interfaces, routes, sockets or sysctls changed', () => {
    const host = after(planOf())
    const facts = {
      ...host.facts,
      interfaces: [...(host.facts.interfaces ?? []), { name: 'eth7', addresses: ['10.9.9.9/24'] }],
      routes: [{ destination: '10.0.0.0/8', interface: 'eth7' }],
      sockets: [{ port: 22 }],
      sysctls: {},
    }
    expect(isStale(host, { ...host, facts })).toBeNull()
  })

  test('is not stale when a bridge got its link-local address', () => {
    const host = after(planOf())
    const addresses = ['172.17.42.1/16', 'fe80::1234/64']
    expect(isStale(host, withBridge(host, { addresses }))).toBeNull()
  })
})

describe('a host on which something of ours changed', () => {
  test.each<[(typeof backends)[number], string]>([
    ['nftables', 'Our nftables rules'],
    ['iptables-nft', 'Our iptables-nft rules'],
    ['iptables-legacy', 'Our iptables-legacy rules'],
  ])('is stale by the rules of %s: that came, that went, that changed', (backend, expected) => {
    const host = after(planOf({ backend }))
    const bare = { ...host, rules: noRules }
    expect(isStale(bare, host)).toBe(expected)
    expect(isStale(host, bare)).toBe(expected)
    const more = { ...host, rules: after(planOf({ backend, ...host, intent: other })).rules }
    expect(isStale(host, more)).toBe(expected)
    expect(isStale(more, host)).toBe(expected)
  })

  test.each<[string, Partial<InterfaceFact>]>([
    ['is called otherwise', { name: 'br-x' }],
    ['belongs to another network', { alias: 'portolan project=shop network=db' }],
    ['is no longer ours', { alias: '' }],
    ['has another MTU', { mtu: 1400 }],
    ['has another address', { addresses: ['10.0.0.1/16'] }],
    ['has no address', { addresses: [] }],
  ])('is stale when a bridge %s', (_, wish) => {
    const host = after(planOf())
    expect(isStale(host, withBridge(host, wish))).toBe('Our bridges')
  })

  test('is stale when a bridge came or went', () => {
    const host = after(planOf())
    const without = { ...host, facts: {} }
    expect(isStale(host, without)).toBe('Our bridges')
    expect(isStale(without, host)).toBe('Our bridges')
  })
})
