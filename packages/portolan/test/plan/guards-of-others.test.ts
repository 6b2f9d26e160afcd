import { describe, expect, test } from '@jest/globals'
import { bridgeName } from '@portolan/core'
import type { HostFacts, InterfaceFact, RouteFact } from '@portolan/netfilter'
import type { Backend } from '../../src/backend/backend.ts'
import type { PlanInput } from '../../src/plan/make-plan.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { after, backends, intentOf, planOf } from '../shop.ts'

const uplink: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
  ],
  routes: [
    { destination: '127.0.0.0/8', interface: 'lo', table: 255, type: 'local', scope: 'host' },
    { destination: '192.0.2.2/32', interface: 'eth0', table: 255, type: 'local', scope: 'host' },
    { destination: '2001:db8::2/128', interface: 'eth0', table: 255, type: 'local' },
    { destination: '192.0.2.0/24', interface: 'eth0', table: 254, scope: 'link' },
    { destination: '2001:db8::/64', interface: 'eth0', table: 254 },
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0', table: 254 },
    { destination: 'default', gateway: '2001:db8::1', interface: 'eth0', table: 254 },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' },
}

const project = (name: string, third: number): PlanInput['intent'] =>
  intentOf(
    `services: {w: {networks: [n], ports: ["${8080 + third}:80"]}}
networks: {n: {enable_ipv6: true, ipam: {config: [{subnet: 10.9.${third}.0/24}, {subnet: "fd00:9:${third}::/64"}]}}}`,
    name,
  )

const theirs = bridgeName('q1', 'n')

/** The kernel's routes of q1's bridge. */
const routes: readonly RouteFact[] = [
  { destination: '10.9.1.1/32', interface: theirs, table: 255, type: 'local', scope: 'host' },
  { destination: '10.9.1.0/24', interface: theirs, table: 254, scope: 'link' },
  { destination: 'fd00:9:1::1/128', interface: theirs, table: 255, type: 'local' },
  { destination: 'fd00:9:1::/64', interface: theirs, table: 254 },
]

/** A host with q1 applied. Its bridge is made from the network that q1 wants. */
const hostWith = (
  backend: Backend,
  change: (link: InterfaceFact) => readonly InterfaceFact[],
  more: readonly RouteFact[],
  wish: Partial<PlanInput> = {},
): Pick<PlanInput, 'facts' | 'rules'> => {
  const { facts, rules } = after(planOf({ backend, intent: project('q1', 1), facts: uplink, ...wish }))
  return {
    rules,
    facts: {
      ...facts,
      interfaces: (facts.interfaces ?? []).flatMap((link) => (link.name === theirs ? change(link) : [link])),
      routes: [...(uplink.routes ?? []), ...more],
    },
  }
}

const kinds = ({ conflicts }: Plan): readonly string[] =>
  conflicts.map(({ kind, message }) => `${kind}: ${message}`)

const byRouter: readonly RouteFact[] = [
  { destination: '10.9.1.0/25', gateway: '192.0.2.1', interface: 'eth0', table: 254 },
  { destination: 'fd00:9:1::/65', gateway: '2001:db8::1', interface: 'eth0', table: 254 },
]

describe.each(backends)('with %s, what befalls a network of another project', (backend) => {
  const states: readonly (readonly [string, Parameters<typeof hostWith>[1], readonly RouteFact[]])[] = [
    ['a route of another program into its subnets', (link) => [link], [...routes, ...byRouter]],
    // IPv6 addresses and connected routes disappear with the state, while the local route of an IPv4 address stays.
    [
      'its bridge is down',
      (link) => [{ ...link, up: false, addresses: ['10.9.1.1/24'] }],
      routes.slice(0, 1),
    ],
    ['its bridge lost its addresses', (link) => [{ ...link, addresses: [] }], []],
    ['its bridge is gone', () => [], []],
  ]
  test.each(states)('is not told of this one: %s', (_what, change, more) => {
    expect(kinds(planOf({ ...hostWith(backend, change, more), backend, intent: project('q2', 2) }))).toEqual(
      [],
    )
  })

  test('is told of it, or mended by its plan', () => {
    const [[, unchanged, byOthers]] = states as [(typeof states)[number]]
    const routed = planOf({ ...hostWith(backend, unchanged, byOthers), backend, intent: project('q1', 1) })
    expect(routed.conflicts.map(({ kind }) => kind)).toEqual(['SubnetOverlap', 'SubnetOverlap'])
    for (const [, change, more] of states.slice(1)) {
      const mending = planOf({ ...hostWith(backend, change, more), backend, intent: project('q1', 1) })
      expect(kinds(mending)).toEqual([])
      expect(mending.changes.filter(({ part }) => part === 'link')).not.toEqual([])
    }
  })
})

describe.each([
  ['nftables', 'iptables-nft'],
  ['iptables-nft', 'nftables'],
  ['iptables-legacy', 'nftables'],
] as const)('a forwarding guard of another project in %s, beside one in %s', (theirBackend, backend) => {
  test('is named for what it is, with the command that puts both in one backend', () => {
    const host = hostWith(theirBackend, (link) => [link], routes, { guardForwarding: true })
    const { conflicts } = planOf({ ...host, backend, intent: project('q2', 2) })
    const dropped = conflicts.filter(({ kind }) => kind === 'ForwardDropped')
    expect(dropped).toHaveLength(2)
    for (const { message, culprit, remedy } of dropped) {
      expect(message).toContain('The forwarding guard of project q1 (option guard-forwarding; ')
      expect(message).not.toContain('network guard')
      expect(culprit?.managed).toEqual({ project: 'q1', name: 'guard forwarding' })
      expect(remedy.text).not.toContain('Compose file')
      expect(remedy.commands).toEqual([`portolan apply --backend ${theirBackend}`])
    }
    const beside = planOf({ ...host, backend: theirBackend, intent: project('q2', 2) })
    expect(kinds(beside)).toEqual([])
  })
})
