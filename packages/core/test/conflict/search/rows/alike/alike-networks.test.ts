import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { bitwise, compare, field, type NetfilterRuleset, named, oneOf, type Step } from '@portolan/netfilter'
import { readHostFacts } from '../../../../../../netfilter/src/evaluate/packet/host.ts'
import { plannedFacts } from '../../../../../src/conflict/search/planned-host/planned-facts.ts'
import { alikeNetworks } from '../../../../../src/conflict/search/rows/alike/alike-networks.ts'
import { subnetsOf } from '../../../../../src/conflict/search/rows/subnets.ts'
import type { DesiredState } from '../../../../../src/contract/index.ts'
import { base, drop, from, iif, jumpToOwn, ownTable, ruleset, table } from './rules.ts'

type Network = DesiredState['networks'][number]

const networkAt = (at: number, wish: Partial<Network> = {}): Network => ({
  ...{ name: `n${at}`, bridge: `br-n${at}`, external: false, internal: false, icc: true, mtu: null },
  ip: { subnet: `10.20.${at}.0/24`, gateway: `10.20.${at}.1`, mode: 'nat', masquerade: true },
  ip6: null,
  ...wish,
})

const networks = [0, 1, 2, 3].map((at) => networkAt(at))

const facts: HostFacts = {
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.2/24'] }],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
}

interface Scene {
  readonly networks?: readonly Network[]
  readonly facts?: HostFacts
  readonly rulesets?: readonly NetfilterRuleset[]
  readonly mappings?: DesiredState['mappings']
}

/** The groups of networks that the search treats alike, by name. */
const kindsOf = ({ facts: own = facts, rulesets = [], mappings = [], ...wish }: Scene): readonly string[] => {
  const desired: DesiredState = {
    ...{ project: 'shop', endpoints: [], mappings, guardForwarding: false },
    networks: wish.networks ?? networks,
  }
  const planned = plannedFacts(desired, own, true)
  const alike = alikeNetworks(desired, planned, readHostFacts(planned), rulesets, {
    ip: subnetsOf(desired, 'ip'),
    ip6: subnetsOf(desired, 'ip6'),
  })
  return [...new Set(alike.values())].map((one) => one.networks.map(({ name }) => name).join(' '))
}

const all = ['n0 n1 n2 n3']
const withoutSecond = ['n0 n2 n3', 'n1']

const foreign = (...rules: readonly (readonly Step[])[]): Scene => ({
  rulesets: [ruleset(table({}, base('forward', 0, {}, ...rules)))],
})

describe('networks that were made alike are alike', () => {
  test.each<[string, Scene, readonly string[]]>([
    ['where nothing names them', {}, all],
    ['where a rule names all of them', foreign([from('10.20.0.0/16'), drop]), all],
    ['where a rule names none of them', foreign([from('10.30.0.0/16'), drop], [iif('eth0'), drop]), all],
    [
      'where a rule names all bridges',
      foreign([compare(field('iifname'), named('br-', { wildcard: true })), drop]),
      all,
    ],
    ['but for one whose subnet a rule names', foreign([from('10.20.1.0/24'), drop]), withoutSecond],
    ['but for one of which a rule names an address', foreign([from('10.20.1.7/32'), drop]), withoutSecond],
    ['but for one whose bridge a rule names', foreign([iif('br-n1'), drop]), withoutSecond],
    ['but for those that a rule names together', foreign([from('10.20.0.0/23'), drop]), ['n0 n1', 'n2 n3']],
    [
      'but for any where a rule computes with addresses',
      foreign([compare(bitwise('and', field('saddr'), 255), oneOf(7)), drop]),
      ['n0', 'n1', 'n2', 'n3'],
    ],
    [
      'but for one that a route cuts',
      {
        facts: {
          ...facts,
          routes: [...(facts.routes ?? []), { destination: '10.20.1.128/25', interface: 'eth0' }],
        },
      },
      withoutSecond,
    ],
    [
      'where a route covers them all',
      {
        facts: {
          ...facts,
          routes: [...(facts.routes ?? []), { destination: '10.20.0.0/16', interface: 'eth0' }],
        },
      },
      all,
    ],
    [
      'but for one that a routing rule names',
      { facts: { ...facts, rules: [{ priority: 100, from: '10.20.1.0/24', table: 100 }] } },
      withoutSecond,
    ],
    [
      'but for one whose bridge a routing rule names',
      { facts: { ...facts, rules: [{ priority: 100, in: 'br-n1', table: 100 }] } },
      withoutSecond,
    ],
    [
      'but for one whose bridge has another sysctl',
      { facts: { ...facts, sysctls: { 'net.ipv4.conf.br-n1.accept_local': '1' } } },
      withoutSecond,
    ],
    [
      'but for one whose bridge is there, and has ports',
      {
        facts: {
          ...facts,
          interfaces: [
            ...(facts.interfaces ?? []),
            { name: 'veth1', up: true, master: 'br-n1', hairpin: true },
          ],
        },
      },
      withoutSecond,
    ],
    [
      'but for one of another kind',
      { networks: networks.map((one, at) => (at === 1 ? networkAt(1, { icc: false }) : one)) },
      withoutSecond,
    ],
    [
      'but for those that share addresses',
      {
        networks: networks.map((one, at) =>
          at === 1
            ? networkAt(1, {
                ip: { subnet: '10.20.0.0/24', gateway: '10.20.0.1', mode: 'nat', masquerade: true },
              })
            : one,
        ),
      },
      ['n0', 'n1', 'n2 n3'],
    ],
  ])('%s', (_, scene, expected) => {
    expect(kindsOf(scene)).toEqual(expected)
  })
})

describe('our own rules', () => {
  test('tell no networks apart where each has the same', () => {
    const own = networks.map(({ bridge, ip }) => [from(ip?.subnet ?? ''), iif(bridge), drop])
    expect(kindsOf({ rulesets: [ownTable({ rules: own })] })).toEqual(all)
  })

  test('tell a network apart that lacks one of them', () => {
    const own = networks.flatMap(({ bridge }) => (bridge === 'br-n1' ? [] : [[iif(bridge), drop]]))
    expect(kindsOf({ rulesets: [ownTable({ rules: own })] })).toEqual(withoutSecond)
  })

  test('tell a network apart whose own chain differs', () => {
    const rules = networks.map(({ bridge }) => jumpToOwn(bridge))
    const chains = networks.map(({ bridge }) => ({
      name: `to_${bridge}`,
      rules: bridge === 'br-n1' ? [] : [[drop]],
    }))
    expect(kindsOf({ rulesets: [ownTable({ rules, chains })] })).toEqual(withoutSecond)
  })

  test('tell a network apart of which another project names an address', () => {
    expect(kindsOf({ rulesets: [ownTable({ rules: [[from('10.20.1.9/32'), drop]] })] })).toEqual(
      withoutSecond,
    )
  })

  test('may name the container of a mapping', () => {
    const target = { service: 'web', replica: 1, network: 'n1', address: '10.20.1.9', port: 80, weight: 1 }
    const mappings: DesiredState['mappings'] = [
      {
        ...{ label: 'web', family: 'ip', protocol: 'tcp', kind: 'nat', hostAddress: null, hostPort: 8080 },
        ...{ interface: null, allowFrom: null, targets: [target] },
      },
    ]
    expect(kindsOf({ mappings, rulesets: [ownTable({ rules: [[from('10.20.1.9/32'), drop]] })] })).toEqual(
      all,
    )
  })
})
