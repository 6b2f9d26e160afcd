import { type ContractHost, type DesiredState, type Flow, type FlowSource, resolve } from '@portolan/core'
import { prefixContains } from '@portolan/netfilter'
import fc from 'fast-check'
import { intent } from './intent.ts'
import { interfaceName } from './names.ts'

/** A state in force on a host of a few addresses, and a flow that begins there. */
export interface Scene {
  readonly desired: DesiredState
  readonly host: ContractHost
  readonly flow: Flow
}

const hostAddresses = ['192.0.2.2', '192.0.2.3', '2001:db8::2']
const machines = {
  ip: ['198.51.100.7', '203.0.113.9', '203.0.113.200', '192.0.2.9', '127.0.0.1'],
  ip6: ['2001:db8:5::7', '2001:db8:6::1', 'fe80::7', '2001:db8::9'],
} as const
/** What a container routes for others, a VPN's clients say. */
const behindContainers = { ip: '203.0.113.77', ip6: '2001:db8:77::7' } as const
const elsewhere = {
  ip: ['198.51.100.80', '192.0.2.77', '127.0.0.1', '127.0.0.53'],
  ip6: ['2001:db8:9::80', '::1'],
} as const

const gatewaysOf = ({ networks }: DesiredState): readonly string[] =>
  networks.flatMap(({ ip, ip6 }) => [ip, ip6].flatMap((subnet) => subnet?.gateway ?? []))

/** Valid states, as core makes them of valid intents on a host with nothing in its way. */
export const desiredState: fc.Arbitrary<DesiredState> = intent()
  .map((wanted) => resolve(wanted, {}).desired)
  .chain((desired) => fc.boolean().map((guardForwarding) => ({ ...desired, guardForwarding })))

const sourceIn = (desired: DesiredState, family: 'ip' | 'ip6'): fc.Arbitrary<FlowSource> => {
  const entries = desired.mappings.flatMap((mapping) => mapping.interface ?? [])
  const members = desired.endpoints.flatMap(({ [family]: address }) => address ?? [])
  const machine = fc.record({
    kind: fc.constant('machine' as const),
    // Addresses of containers are forged.
    address: fc.constantFrom(...machines[family], ...members.slice(0, 3)),
    interface: fc.oneof(interfaceName, fc.constantFrom('eth0', ...entries)),
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

/** The two doors of every mapping: a host address and its port, and the container's own. */
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

/** Between two containers of one bridge nothing keeps anybody from a source of other networks. */
const isForgedToNeighbour = ({ networks }: DesiredState, { family, from, to }: Flow): boolean => {
  if (from.kind !== 'container') return false
  const subnet = networks.find(({ name }) => name === from.network)?.[family] ?? null
  if (subnet === null) return true
  return !prefixContains(subnet.subnet, from.address) && prefixContains(subnet.subnet, to.address)
}

const flowIn = (desired: DesiredState): fc.Arbitrary<Flow> =>
  fc.constantFrom('ip' as const, 'ip6' as const).chain((family) => {
    const inside = desired.endpoints.flatMap(({ [family]: address }) => address ?? [])
    const own = [...hostAddresses, ...gatewaysOf(desired)].filter(
      (address) => address.includes(':') === (family === 'ip6'),
    )
    const anywhere: fc.Arbitrary<Aim> = fc.record({
      protocol: fc.constantFrom('tcp', 'udp', 'sctp', 'echo-request'),
      address: fc.constantFrom(...own, ...inside, ...elsewhere[family]),
      port: fc.oneof(fc.constantFrom(80, 8000), fc.integer({ min: 1, max: 65535 })),
    })
    const aims = aimsIn(desired, own, family)
    const aim =
      aims.length === 0 ? anywhere : fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...aims) }, anywhere)
    return fc
      .tuple(sourceIn(desired, family), aim)
      .map(([from, { protocol, ...to }]) => ({ family, protocol, from, to }))
      .filter((flow) => !isForgedToNeighbour(desired, flow))
  })

const scenesOf = (
  states: fc.Arbitrary<DesiredState>,
  inForce: (desired: DesiredState) => fc.Arbitrary<DesiredState>,
): fc.Arbitrary<readonly Scene[]> =>
  states.chain((all) =>
    fc.tuple(inForce(all), fc.array(flowIn(all), { minLength: 1, maxLength: 40 })).map(([desired, flows]) =>
      flows.map((flow) => ({
        desired,
        host: { addresses: [...hostAddresses, ...gatewaysOf(desired)] },
        flow,
      })),
    ),
  )

/** Many flows on one state: the state is what takes long to make. */
export const scenes: fc.Arbitrary<readonly Scene[]> = scenesOf(desiredState, fc.constant)

/** Some networks are of others, and so are some of the containers there, which the project knows nothing of. */
const joining = (all: DesiredState): fc.Arbitrary<DesiredState> =>
  fc
    .tuple(
      fc.array(fc.boolean(), { minLength: all.networks.length, maxLength: all.networks.length }),
      fc.array(fc.boolean(), { minLength: all.endpoints.length, maxLength: all.endpoints.length }),
      fc.array(fc.boolean(), { minLength: all.mappings.length, maxLength: all.mappings.length }),
    )
    .map(([areExternal, areTheirs, areDropped]) => {
      // A network of others that no container of the project is on is not planned at all.
      const firsts = all.networks.flatMap(
        ({ name }) => all.endpoints.find((one) => one.network === name) ?? [],
      )
      const networks = all.networks.map((network, at) => ({
        ...network,
        external: areExternal[at] === true && firsts.some((one) => one.network === network.name),
      }))
      const external = new Set(networks.flatMap((one) => (one.external ? [one.name] : [])))
      const targets = new Set<string>()
      const mappings = all.mappings.filter(
        (one, at) => !(areDropped[at] && one.targets.some(({ network }) => external.has(network))),
      )
      for (const { targets: ends } of mappings) for (const { address } of ends) targets.add(address)
      const isTheirs = ({ network, ip, ip6 }: DesiredState['endpoints'][number], at: number): boolean =>
        external.has(network) &&
        areTheirs[at] === true &&
        !firsts.some((one) => one === all.endpoints[at]) &&
        ![ip, ip6].some((address) => address !== null && targets.has(address))
      return {
        ...all,
        networks,
        mappings,
        endpoints: all.endpoints.filter((endpoint, at) => !isTheirs(endpoint, at)),
      }
    })

/** States of projects that join networks of others. */
export const joinedState: fc.Arbitrary<DesiredState> = desiredState.chain(joining)

/** The same on a host whose other engines have some of the networks. */
export const joinedScenes: fc.Arbitrary<readonly Scene[]> = scenesOf(desiredState, joining)
