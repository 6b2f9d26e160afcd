import { describe, expect, test } from '@jest/globals'
import { bridgeName } from '@portolan/core'
import {
  formatAddress,
  formatPrefix,
  type HostFacts,
  lastAddress,
  parseInterfaceAddress,
  prefixAround,
  type RouteFact,
} from '@portolan/netfilter'
import type { PlanInput } from '../../src/plan/make-plan.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { after, backends, intentOf, planOf } from '../shop.ts'

/** One backend of each dialect: the variants of iptables do not differ here. */
const dialects = backends.filter((backend) => backend !== 'iptables-legacy')

/** The routes that the kernel makes for an address. */
const routesOf = (name: string, text: string): readonly RouteFact[] => {
  const { address, length } = parseInterfaceAddress(text)
  const prefix = prefixAround(address, length)
  const own = formatAddress(address)
  const base = { interface: name, gateway: null }
  return address.family === 'ip'
    ? [
        { ...base, destination: `${own}/32`, table: 255, type: 'local', scope: 'host', source: own },
        {
          ...base,
          destination: formatPrefix(prefix),
          table: 254,
          type: 'unicast',
          scope: 'link',
          source: own,
        },
        {
          ...base,
          destination: `${formatAddress(lastAddress(prefix))}/32`,
          table: 255,
          type: 'broadcast',
          scope: 'link',
          source: own,
        },
      ]
    : [
        // Some kernels list it on lo.
        { ...base, interface: 'lo', destination: `${own}/128`, table: 255, type: 'local', scope: 'universe' },
        {
          ...base,
          destination: `${formatAddress({ family: 'ip6', value: prefix.base as bigint })}/128`,
          table: 255,
          type: 'anycast',
          scope: 'universe',
        },
        { ...base, destination: formatPrefix(prefix), table: 254, type: 'unicast', scope: 'universe' },
      ]
}

const uplink: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' },
}

/** A host with the routes that its kernel makes for its addresses. */
const withRoutes = (facts: HostFacts): HostFacts => ({
  ...facts,
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0', table: 254, type: 'unicast' },
    { destination: 'default', gateway: '2001:db8::1', interface: 'eth0', table: 254, type: 'unicast' },
    ...(facts.interfaces ?? []).flatMap(({ name = '', addresses = [] }) =>
      addresses.flatMap((address) => routesOf(name, address)),
    ),
  ],
})

interface Net {
  readonly subnet: string
  readonly gateway?: string
  /** The address of its service. */
  readonly address?: string
}

/** A project in which each network has its own service with a published port. */
const sw = (networks: Readonly<Record<string, Net>>): PlanInput['intent'] => {
  const names = Object.keys(networks)
  const ofServices = names.map((name, at) => {
    const address = networks[name]?.address
    const wish = address === undefined ? '{}' : `{ipv${address.includes(':') ? 6 : 4}_address: "${address}"}`
    return `  w${at}: {networks: {${name}: ${wish}}, ports: ["${8080 + at}:80"]}`
  })
  const ofNetworks = Object.entries(networks).map(([name, { subnet, gateway }]) => {
    const config = `{subnet: "${subnet}"${gateway === undefined ? '' : `, gateway: "${gateway}"`}}`
    const both = subnet.includes(':')
      ? `enable_ipv6: true, ipam: {config: [{subnet: 10.${70 + names.indexOf(name)}.0.0/24}, ${config}]}`
      : `ipam: {config: [${config}]}`
    return `  ${name}: {${both}}`
  })
  return intentOf(['services:', ...ofServices, 'networks:', ...ofNetworks].join('\n'), 'sw')
}

type Backend = (typeof backends)[number]

/** The plan for a text on a host where another text is applied. */
const replan = (
  backend: Backend,
  before: PlanInput['intent'],
  then: PlanInput['intent'],
  wish: { readonly more?: Partial<PlanInput>; readonly routes?: readonly RouteFact[] } = {},
): Plan => {
  const first = planOf({ backend, intent: before, facts: withRoutes(uplink) })
  const { facts, rules } = after(first)
  const now = withRoutes(facts)
  return planOf({
    ...{ backend, rules, intent: then },
    facts: { ...now, routes: [...(now.routes ?? []), ...(wish.routes ?? [])] },
    ...wish.more,
  })
}

const kinds = ({ conflicts }: Plan): readonly string[] =>
  conflicts.map(({ kind, message }) => `${kind}: ${message}`)

describe.each(dialects)('with %s, a new text is not blocked by what its own plan removes', (backend) => {
  test.each([
    [
      'swapped, of IPv4',
      { n1: { subnet: '10.9.0.0/24' }, n2: { subnet: '10.9.1.0/24' } },
      { n1: { subnet: '10.9.1.0/24' }, n2: { subnet: '10.9.0.0/24' } },
    ],
    [
      'swapped, of IPv6',
      { n1: { subnet: 'fd00:9::/64' }, n2: { subnet: 'fd00:a::/64' } },
      { n1: { subnet: 'fd00:a::/64' }, n2: { subnet: 'fd00:9::/64' } },
    ],
    [
      'split in two',
      { n1: { subnet: '10.9.0.0/22' } },
      { n1: { subnet: '10.9.0.0/23' }, n2: { subnet: '10.9.2.0/23' } },
    ],
    [
      'split in two, the first half to the other network',
      { n1: { subnet: '10.9.0.0/22' } },
      { n1: { subnet: '10.9.2.0/23' }, n2: { subnet: '10.9.0.0/23' } },
    ],
    [
      'made one of two',
      { n1: { subnet: '10.9.0.0/24' }, n2: { subnet: '10.9.1.0/24' } },
      { n1: { subnet: '10.9.0.0/23' }, n2: { subnet: '10.8.0.0/24' } },
    ],
    [
      'handed on in a ring',
      { n1: { subnet: '10.9.0.0/24' }, n2: { subnet: '10.9.1.0/24' }, n3: { subnet: '10.9.2.0/24' } },
      { n1: { subnet: '10.9.1.0/24' }, n2: { subnet: '10.9.2.0/24' }, n3: { subnet: '10.9.0.0/24' } },
    ],
  ] as const)('subnets %s', (_what, before, then) => {
    expect(kinds(replan(backend, sw(before), sw(then)))).toEqual([])
  })

  test.each([
    [
      '/24 to /16, a service on the former broadcast address',
      { subnet: '10.9.0.0/24' },
      { subnet: '10.9.0.0/16', address: '10.9.0.255' },
    ],
    [
      '/26 to /25, a service on the former broadcast address',
      { subnet: '10.9.0.0/26' },
      { subnet: '10.9.0.0/25', address: '10.9.0.63' },
    ],
    [
      '/64 to /56',
      { subnet: 'fd00:9::/64' },
      { subnet: 'fd00:9::/56', gateway: 'fd00:9:0:1::1', address: 'fd00:9::1' },
    ],
    [
      'another one, a service on the former gateway',
      { subnet: '10.9.0.0/24', gateway: '10.9.0.1' },
      { subnet: '10.9.0.0/24', gateway: '10.9.0.254', address: '10.9.0.1' },
    ],
    [
      'another one, with no service there',
      { subnet: '10.9.0.0/24', gateway: '10.9.0.1' },
      { subnet: '10.9.0.0/24', gateway: '10.9.0.254', address: '10.9.0.9' },
    ],
    [
      'another one of IPv6, a service on the former gateway',
      { subnet: 'fd00:9::/64', gateway: 'fd00:9::1' },
      { subnet: 'fd00:9::/64', gateway: 'fd00:9::fe', address: 'fd00:9::1' },
    ],
    [
      'another one of IPv6, a service on the former anycast address',
      { subnet: 'fd00:9:0:4::/64' },
      { subnet: 'fd00:9::/56', address: 'fd00:9:0:4::' },
    ],
  ] as const)('a subnet or gateway: %s', (_what, before, then) => {
    expect(kinds(replan(backend, sw({ n1: before }), sw({ n1: then })))).toEqual([])
  })

  test('a network that gets another bridge keeps no route of the former one', () => {
    const named = (name: string) =>
      intentOf(
        `services: {w: {networks: {n1: {ipv4_address: 10.9.0.1}}, ports: ["8080:80"]}}
networks: {n1: {driver_opts: {com.docker.network.bridge.name: ${name}}, ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.254}]}}}`,
        'sw',
      )
    expect(
      kinds(replan(backend, sw({ n1: { subnet: '10.9.0.0/24', gateway: '10.9.0.1' } }), named('br-other'))),
    ).toEqual([])
  })

  test('a port bound to the gateway that a network gives up is told as one that the host has not', () => {
    const text = (gateway: string): PlanInput['intent'] =>
      intentOf(
        `services: {w: {networks: [n1], ports: ["10.9.0.1:8080:80"]}}
networks: {n1: {ipam: {config: [{subnet: 10.9.0.0/24, gateway: ${gateway}}]}}}`,
        'sw',
      )
    const told = (then: string): boolean =>
      replan(backend, text('10.9.0.1'), text(then)).notes.some((note) =>
        note.text.startsWith('No interface of this host has the address 10.9.0.1'),
      )
    expect([told('10.9.0.1'), told('10.9.0.254')]).toEqual([false, true])
  })

  test('an address of the removed bridge may be asked for on a parent', () => {
    const then = intentOf(
      `services: {w0: {networks: {n1: {ipv4_address: 10.9.0.1}}}}
networks: {n1: {driver: macvlan, driver_opts: {parent: eth0}, ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.254}]}}}`,
      'sw',
    )
    const plan = replan(backend, sw({ n1: { subnet: '10.9.0.0/24', gateway: '10.9.0.1' } }), then)
    expect(kinds(plan).filter((one) => one.startsWith('SubnetOverlap'))).toEqual([])
  })

  test('what goes on is told: the subnet of a network that keeps it, without advice that does not help', () => {
    const before = sw({ n1: { subnet: '10.9.0.0/24' }, n2: { subnet: '10.9.1.0/24' } })
    const then = intentOf(
      `services: {w0: {networks: [n1]}, w1: {networks: [n2]}}
networks: {n1: {ipam: {config: [{subnet: 10.9.1.0/24}]}}, n2: {}}`,
      'sw',
    )
    const { conflicts } = replan(backend, before, then)
    const overlap = conflicts.find(({ kind, network }) => kind === 'SubnetOverlap' && network === 'n1')
    expect(overlap?.message).toContain(`${bridgeName('sw', 'n2')}, the bridge of network n2 of project sw`)
    expect(overlap?.remedy.text).not.toContain('--allow')
  })

  test('what goes on is told: a route of another program over the bridge of a network that stays', () => {
    const name = bridgeName('sw', 'n2')
    const plan = replan(
      backend,
      sw({ n1: { subnet: '10.9.0.0/24' }, n2: { subnet: '10.9.1.0/24' } }),
      sw({ n1: { subnet: '10.51.0.0/24' }, n2: { subnet: '10.9.1.0/24' } }),
      { routes: [{ destination: '10.51.0.0/16', interface: name, table: 100, type: 'unicast' }] },
    )
    expect(plan.conflicts.map(({ kind }) => kind)).toContain('SubnetOverlap')
  })
})
