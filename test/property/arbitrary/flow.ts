import { type ContractHost, type DesiredState, type Flow, resolve, withNeighbours } from '@portolan/core'
import { arbitraryFlow, arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { overlap } from '../support/overlap.ts'

/** A desired state on a host with a few addresses, and a flow on that host. */
export interface Scene {
  readonly desired: DesiredState
  readonly host: ContractHost
  readonly flow: Flow
}

const hostAddresses = ['192.0.2.2', '192.0.2.3', '2001:db8::2']
const gatewaysOf = ({ networks }: DesiredState): readonly string[] =>
  networks.flatMap(({ ip, ip6 }) => [ip, ip6].flatMap((subnet) => subnet?.gateway ?? []))

/** Valid states: core makes them from valid intents, on a host where nothing is in the way. */
export const desiredState: fc.Arbitrary<DesiredState> = arbitraryIntent()
  .map((wanted) => resolve(wanted, {}).desired)
  .chain((desired) => fc.boolean().map((guardForwarding) => ({ ...desired, guardForwarding })))

const flowIn = (desired: DesiredState): fc.Arbitrary<Flow> =>
  arbitraryFlow({ desired, addresses: [...hostAddresses, ...gatewaysOf(desired)] })

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

/** Many flows for each state, because a state takes long to make. */
export const scenes: fc.Arbitrary<readonly Scene[]> = scenesOf(desiredState, fc.constant)

/** Makes some networks external, and leaves some of their containers out: the project does not know those. */
const joining = (all: DesiredState): fc.Arbitrary<DesiredState> =>
  fc
    .tuple(
      fc.array(fc.boolean(), { minLength: all.networks.length, maxLength: all.networks.length }),
      fc.array(fc.boolean(), { minLength: all.endpoints.length, maxLength: all.endpoints.length }),
      fc.array(fc.boolean(), { minLength: all.mappings.length, maxLength: all.mappings.length }),
    )
    .map(([areExternal, areTheirs, areDropped]) => {
      // A plan leaves out an external network on which the project has no container. So the first endpoint always
      // stays.
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

/** States of projects that join external networks. */
export const joinedState: fc.Arbitrary<DesiredState> = desiredState.chain(joining)

/** Scenes in which other engines own some of the networks. */
export const joinedScenes: fc.Arbitrary<readonly Scene[]> = scenesOf(desiredState, joining)

/** A scene on a host of a cluster. */
export interface ClusterScene extends Scene {
  /** The same project on a host without a cluster. */
  readonly alone: DesiredState
  /** The blocks (CIDR) of this host, and those of other hosts. */
  readonly own: readonly string[]
  readonly others: readonly string[]
}

/** Possible blocks of other hosts, each with an address that flows use. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ['198.51.100.0/28', '198.51.100.7'],
  ['198.51.100.64/26', '198.51.100.80'],
  ['203.0.113.0/25', '203.0.113.9'],
  ['2001:db8:5::/64', '2001:db8:5::7'],
  ['2001:db8:9::/64', '2001:db8:9::80'],
])
const uplink = { name: 'eth0', up: true, addresses: ['192.0.2.2/24', '2001:db8::2/64'] }

/** Puts some networks into blocks of this host. One block of each family stays empty. */
const clustered = (alone: DesiredState): fc.Arbitrary<Omit<ClusterScene, 'flow' | 'host'>> => {
  const subnets = alone.networks.flatMap(({ ip, ip6 }) => [ip, ip6].flatMap((one) => one?.subnet ?? []))
  const free = [...elsewhere.keys()].filter((block) => !subnets.some((subnet) => overlap(subnet, block)))
  return fc.tuple(fc.subarray(subnets), fc.subarray(free)).map(([held, others]) => {
    const own = [...held, '10.255.255.0/24', 'fd00:ffff::/64']
    const neighbours = {
      ...{ cluster: 'prod', host: 'h1', revision: 1, blocks: own },
      others: others.map((block, at) => ({
        ...{ block, host: `h${at + 2}` },
        via: block.includes(':') ? '2001:db8::c' : '192.0.2.12',
      })),
    }
    const { desired } = withNeighbours(alone, { interfaces: [uplink] }, neighbours)
    return { desired, alone, own, others }
  })
}

/** A flow from a container of any network to an address in a block. `arbitraryFlow` seldom makes one. */
const toBlocks = ({
  alone,
  others,
}: Pick<ClusterScene, 'alone' | 'others'>): readonly fc.Arbitrary<Flow>[] => {
  const flows = alone.endpoints.flatMap(({ network, ip, ip6 }) =>
    others.flatMap((block): readonly Flow[] => {
      const family = block.includes(':') ? 'ip6' : 'ip'
      const address = family === 'ip' ? ip : ip6
      if (address === null) return []
      const to = { address: elsewhere.get(block) ?? '', port: 80 }
      return [{ family, protocol: 'tcp', from: { kind: 'container', network, address }, to }]
    }),
  )
  return flows.length === 0 ? [] : [fc.constantFrom(...flows)]
}

/** Scenes of a project alone on a host, and of the same project on a host of a cluster. */
export const clusterScenes: fc.Arbitrary<readonly ClusterScene[]> = desiredState
  .chain(clustered)
  .chain((state) =>
    fc
      .array(fc.oneof(flowIn(state.desired), ...toBlocks(state)), { minLength: 20, maxLength: 40 })
      .map((flows) =>
        flows.map((flow) => ({
          ...state,
          host: { addresses: [...hostAddresses, ...gatewaysOf(state.desired)] },
          flow,
        })),
      ),
  )
