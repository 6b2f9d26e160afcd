import { type ContractHost, type DesiredState, type Flow, resolve } from '@portolan/core'
import { arbitraryFlow, arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'

/** A state in force on a host of a few addresses, and a flow that begins there. */
export interface Scene {
  readonly desired: DesiredState
  readonly host: ContractHost
  readonly flow: Flow
}

const hostAddresses = ['192.0.2.2', '192.0.2.3', '2001:db8::2']
const gatewaysOf = ({ networks }: DesiredState): readonly string[] =>
  networks.flatMap(({ ip, ip6 }) => [ip, ip6].flatMap((subnet) => subnet?.gateway ?? []))

/** Valid states, as core makes them of valid intents on a host with nothing in its way. */
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
