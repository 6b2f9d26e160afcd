import type { DesiredState, Flow, FlowSource } from '@portolan/core'
import { formatAddress, type HostFacts, parseInterfaceAddress, prefixContains } from '@portolan/netfilter'
import fc from 'fast-check'
import { isObject, notExpected } from '../check/check-value.ts'
import { isFakeHost } from '../fake-host/check-host.ts'
import type { FakeHost } from '../fake-host/fake-host.ts'
import { interfaceName } from './names.ts'

/**
 * A project, and the addresses of the host that it is on.
 * @public @since 0.1.0
 */
export interface FlowScene {
  readonly desired: DesiredState
  /** The addresses of the host, without prefix length. */
  readonly addresses: readonly string[]
}

/**
 * Any flow that a host may see. It comes from other machines, allowed or not, from the host itself or from its
 * containers, with forged sources too. It goes to published ports, to containers, to the host or elsewhere. It shrinks
 * to a plain flow from the host or from a machine behind `eth0`.
 *
 * @param host - a simulated host, or a project with the addresses of a host
 * @example
 * await fc.assert(fc.property(arbitraryFlow(host), (flow) => {
 *   if (flow.from.kind === 'machine' && flow.to.address === '172.17.0.1') expect(host).toDrop(flow)
 * }))
 * @public @since 0.1.0
 */
export const arbitraryFlow = (host: FakeHost | FlowScene): fc.Arbitrary<Flow> =>
  isFakeHost(host) ? flowOn(host) : flowInScene(host)

const flowInScene = (scene: FlowScene): fc.Arbitrary<Flow> => {
  if (!isObject(scene) || !isObject(scene.desired) || !Array.isArray(scene.addresses))
    throw notExpected(
      'arbitraryFlow(host)',
      'expected a host of fakeHost(), or { desired, addresses }',
      scene,
    )
  return flowIn(scene.desired, scene.addresses, interfaceName)
}

/**
 * Draws flows for a simulated host. Machines are behind interfaces that the host has: no packet comes in by another
 * one.
 */
const flowOn = (host: FakeHost): fc.Arbitrary<Flow> => {
  const addresses = ownAddresses(host.facts)
  const names = uplinksOf(host.facts)
  const interfaces = names.length === 0 ? interfaceName : fc.constantFrom(...names)
  const projects = host.desired()
  return fc.oneof(
    ...(projects.length === 0 ? [nothingDesired] : projects).map((desired) =>
      flowIn(desired, addresses, interfaces).map((flow) => byInterface(flow, names)),
    ),
  )
}

/**
 * Puts the machine of a flow behind an interface of the host. On a host without uplinks, the host itself is the source.
 */
const byInterface = (flow: Flow, names: readonly string[]): Flow => {
  if (flow.from.kind !== 'machine' || names.includes(flow.from.interface)) return flow
  const [first] = names
  return first === undefined
    ? { ...flow, from: { kind: 'host', address: null } }
    : { ...flow, from: { ...flow.from, interface: first } }
}

const nothingDesired: DesiredState = {
  project: 'none',
  networks: [],
  endpoints: [],
  mappings: [],
  guardForwarding: false,
}

const ownAddresses = ({ interfaces = [] }: HostFacts): readonly string[] =>
  interfaces.flatMap(({ addresses = [] }) =>
    addresses.map((text) => formatAddress(parseInterfaceAddress(text).address)),
  )

const uplinksOf = ({ interfaces = [] }: HostFacts): readonly string[] =>
  interfaces.flatMap(({ name, kind, up = true, master = null }) =>
    name === undefined || !up || master !== null || kind === 'loopback' || kind === 'bridge' ? [] : [name],
  )

const machines = {
  ip: ['198.51.100.7', '203.0.113.9', '203.0.113.200', '192.0.2.9', '127.0.0.1'],
  ip6: ['2001:db8:5::7', '2001:db8:6::1', 'fe80::7', '2001:db8::9'],
} as const
/** Sources behind a container that routes for others, such as the clients of a VPN. */
const behindContainers = { ip: '203.0.113.77', ip6: '2001:db8:77::7' } as const
const elsewhere = {
  ip: ['198.51.100.80', '192.0.2.77', '127.0.0.1', '127.0.0.53'],
  ip6: ['2001:db8:9::80', '::1'],
} as const

const sourceIn = (
  desired: DesiredState,
  family: 'ip' | 'ip6',
  interfaces: fc.Arbitrary<string>,
): fc.Arbitrary<FlowSource> => {
  const entries = [
    ...desired.mappings.flatMap((mapping) => mapping.interface ?? []),
    ...(desired.openings ?? []).flatMap(({ from }) => (from.kind === 'interface' ? [from.name] : [])),
  ]
  const members = desired.endpoints.flatMap(({ [family]: address }) => address ?? [])
  const machine = fc.record({
    kind: fc.constant('machine' as const),
    // A machine with the address of a container has a forged source.
    address: fc.constantFrom(...machines[family], ...members.slice(0, 3)),
    interface: fc.oneof(interfaces, fc.constantFrom('eth0', ...entries)),
  })
  const host = fc.constant<FlowSource>({ kind: 'host', address: null })
  const containers = desired.endpoints.flatMap(({ network, [family]: address }): FlowSource[] =>
    address === null ? [] : [{ kind: 'container', network, address }],
  )
  const container = containers.length === 0 ? host : fc.constantFrom(...containers)
  const forger =
    containers.length === 0
      ? host
      : fc
          .tuple(fc.constantFrom(...containers), fc.constantFrom(...members, behindContainers[family]))
          .map(([own, address]): FlowSource => ({ ...own, address }))
  return fc.oneof({ weight: 3, arbitrary: machine }, host, { weight: 3, arbitrary: container }, forger)
}

interface Aim {
  readonly protocol: Flow['protocol']
  readonly address: string
  readonly port: number
}

/** The two ways to each mapping: a host address with the host port, and the container's own address and port. */
const aimsIn = (desired: DesiredState, own: readonly string[], family: 'ip' | 'ip6'): readonly Aim[] =>
  desired.mappings
    .filter((mapping) => mapping.family === family)
    .flatMap(({ protocol, hostAddress, hostPort, targets }) => [
      ...(hostAddress === null ? own : [hostAddress]).map((address) => ({
        protocol,
        address,
        port: hostPort,
      })),
      ...targets.map(({ address, port }) => ({ protocol, address, port })),
    ])

/**
 * Flows for the entries of `links` and `reachable_from`: from a source that an entry names, to the opened container and
 * to others.
 */
const namedIn = (desired: DesiredState, family: 'ip' | 'ip6'): readonly fc.Arbitrary<Flow>[] => {
  const membersOf = (name: string | null): readonly string[] =>
    desired.endpoints.flatMap(({ network, [family]: address }) =>
      (name === null || network === name) && address !== null ? [address] : [],
    )
  return (desired.openings ?? []).flatMap((opening) => {
    const sources = sourcesNamed(opening, membersOf)
    const targets = opening.address === null ? membersOf(opening.network) : [opening.address]
    if (opening.family !== family || sources.length === 0 || targets.length === 0) return []
    const aims = opening.ports ?? [{ protocol: 'tcp', port: 8000 } as const]
    return [
      fc.record({
        family: fc.constant(family),
        from: fc.constantFrom(...sources),
        aim: fc.oneof(
          { weight: 3, arbitrary: fc.constantFrom(...aims) },
          fc.constantFrom(
            { protocol: 'udp', port: 8001 } as const,
            { protocol: 'echo-request', port: 1 } as const,
          ),
        ),
        address: fc.oneof(
          { weight: 3, arbitrary: fc.constantFrom(...targets) },
          fc.constantFrom(...targets, ...membersOf(null)),
        ),
      }),
    ].map((drawn) =>
      drawn.map(({ from, aim, address }): Flow => {
        const { protocol, port } = aim
        return { family, protocol, from, to: { address, port } }
      }),
    )
  })
}

/** The sources that an entry names. Of a prefix, only known machines are drawn, so that an answer has a route. */
const sourcesNamed = (
  { from, family }: NonNullable<DesiredState['openings']>[number],
  membersOf: (name: string) => readonly string[],
): readonly FlowSource[] => {
  const behind = machines[family].filter((address) => !/^(127|fe80)/.test(address))
  switch (from.kind) {
    case 'interface':
      return behind.map((address) => ({ kind: 'machine', address, interface: from.name }))
    case 'prefix':
      return behind
        .filter((address) => prefixContains(from.prefix, address))
        .map((address) => ({ kind: 'machine', address, interface: 'eth0' }))
    case 'container':
      return [from]
    case 'network':
      return membersOf(from.network).map((address) => ({
        kind: 'container',
        network: from.network,
        address,
      }))
  }
}

/**
 * Whether a container uses a source of another network towards its own bridge. Nothing prevents that between two
 * containers of one bridge, so such flows are not drawn.
 */
const isForgedToNeighbour = ({ networks }: DesiredState, { family, from, to }: Flow): boolean => {
  if (from.kind !== 'container') return false
  const subnet = networks.find(({ name }) => name === from.network)?.[family] ?? null
  if (subnet === null) return true
  return !prefixContains(subnet.subnet, from.address) && prefixContains(subnet.subnet, to.address)
}

const flowIn = (
  desired: DesiredState,
  addresses: readonly string[],
  interfaces: fc.Arbitrary<string>,
): fc.Arbitrary<Flow> =>
  fc.constantFrom('ip' as const, 'ip6' as const).chain((family) => {
    const inside = desired.endpoints.flatMap(({ [family]: address }) => address ?? [])
    const own = addresses.filter((address) => address.includes(':') === (family === 'ip6'))
    const anywhere: fc.Arbitrary<Aim> = fc.record({
      protocol: fc.constantFrom('tcp', 'udp', 'sctp', 'echo-request'),
      address: fc.constantFrom(...own, ...inside, ...elsewhere[family]),
      port: fc.oneof(fc.constantFrom(80, 8000), fc.integer({ min: 1, max: 65535 })),
    })
    const aims = aimsIn(desired, own, family)
    const aim =
      aims.length === 0 ? anywhere : fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...aims) }, anywhere)
    const other = fc
      .tuple(sourceIn(desired, family, interfaces), aim)
      .map(([from, { protocol, ...to }]): Flow => ({ family, protocol, from, to }))
    const named = namedIn(desired, family)
    return (named.length === 0 ? other : fc.oneof({ weight: 2, arbitrary: other }, ...named)).filter(
      (flow) => !isForgedToNeighbour(desired, flow),
    )
  })
