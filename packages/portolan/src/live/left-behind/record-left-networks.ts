import {
  acquireAddress,
  acquireSubnet,
  type DesiredEndpoint,
  type DesiredMapping,
  type LeaseChange,
  type LeaseStore,
  type PublishedPort,
  planSubnets,
} from '@portolan/core'
import { endpointIntent } from '@portolan/core/planning'
import { type Family, families, macFromAddress, PortolanError } from '@portolan/netfilter'
import { type AttachedPort, attachedPorts } from '../attachments/attached-ports.ts'
import type { LiveMachine } from '../live-machine.ts'
import type { OwnBridge } from '../networks/own-bridges.ts'
import { asMapping } from '../rules/as-mapping.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import type { KeptRules } from '../rules/rule-keeper.ts'
import { withEndpoint, withNetwork, withPort } from '../wanted/wanted-state.ts'
import { type FoundNetwork, networkOn } from './found-network.ts'
import { leftNetwork } from './left-network.ts'
import { isPlanned } from './refuse-planned.ts'

type Tools = Pick<LiveMachine, 'leases' | 'withLock' | 'readPeers' | 'takesUp' | 'links'>

/**
 * Records what is up of a project whose records were lost with its state directory. The bridges describe its networks,
 * the interfaces inside containers their addresses, and the rules the ports. So running containers stay served, and no
 * address in use is leased to another.
 *
 * @param before - the rules as they were just read
 * @throws InvalidRequestError when a network with an attached endpoint cannot be described completely
 */
export const recordLeftNetworks = async (
  rules: LiveRules,
  tools: Tools,
  before: KeptRules,
): Promise<void> => {
  const { readPeers, takesUp } = tools
  if (readPeers === undefined || takesUp === undefined || leftBridges(rules, takesUp).length === 0) return
  await tools.withLock(async () => {
    const left = leftBridges(rules, takesUp)
    if (left.length === 0 || (await isPlanned(tools.leases, rules.project))) return
    const ports = attachedPorts(rules.facts).filter(({ mark }) => mark.project === rules.project)
    const peers = await readPeers(ports.flatMap(({ index }) => index ?? []))
    const attached: AttachedPort[] = []
    for (const port of ports) {
      if (peers.get(port.index ?? 0)?.isHere !== true) attached.push(port)
      // The container of this interface has ended, and no record of it is left. A container that is just starting fails
      // here, and is started again.
      else await tools.links.deleteEndpointLink(port.name)
    }
    const found = left.flatMap((bridge) => networkOn(bridge, attached, peers) ?? [])
    const kept: FoundNetwork[] = []
    for (const one of found) if (await takeLeases(tools.leases, rules.project, one)) kept.push(one)
    await rules.wanted.change(() =>
      !rules.wanted.isEmpty()
        ? null
        : [
            ...kept.map(({ intent, network }) => withNetwork({ intent, network })),
            ...kept
              .flatMap(({ endpoints }) => endpoints)
              .map((endpoint) => withEndpoint({ intent: intentOf(endpoint), endpoint })),
            ...[
              ...forAll(before.own()).map(asMapping),
              ...forAll(before.opened()).map((port) => ({ ...asMapping(port), kind: 'direct' as const })),
            ]
              .flatMap((mapping) => mappingOf(mapping, kept) ?? [])
              .map((mapping) => withPort(mapping)),
          ],
    )
    await rules.wanted.sync()
    await rules.refresh()
  })
}

/**
 * The ports without a limit on their clients. The rules do not tell which clients a limited port is for. Such a port
 * goes with the next change, and is not opened to all.
 */
const forAll = (ports: readonly PublishedPort[]): readonly PublishedPort[] =>
  ports.filter(({ limited }) => limited !== true)

/** The bridges to record; none as soon as a record exists. */
const leftBridges = (
  { project, bridges, wanted, facts }: LiveRules,
  takesUp: NonNullable<LiveMachine['takesUp']>,
): readonly OwnBridge[] => {
  const own = bridges.filter((bridge) => bridge.project === project)
  if (own.length === 0 || wanted.exists()) return []
  return own.every((bridge) => takesUp(leftNetwork(bridge, facts))) ? own : []
}

const intentOf = ({ service, network, ip, ip6, mac }: DesiredEndpoint) =>
  endpointIntent(service, network, mac === macFromAddress(ip ?? ip6 ?? '') ? {} : { mac })

/** Leases the addresses of a found network. @returns false: another network has its subnet by now */
const takeLeases = async (
  leases: LeaseStore,
  project: string,
  { network, endpoints }: FoundNetwork,
): Promise<boolean> => {
  try {
    await leases.transact((before) => {
      let state = before
      const changes: LeaseChange[] = []
      for (const family of families) {
        const subnet = network[family]
        if (subnet === null) continue
        const on = { project, network: network.name }
        const taken = acquireSubnet(state, {
          kind: 'subnet',
          ...{ ...on, family, movedFrom: null, planned: true },
          ...{
            subnet: subnet.subnet,
            gateway: subnet.gateway ?? gatewayIn(network.name, family, subnet.subnet),
          },
        })
        state = taken.state
        changes.push(...taken.changes)
        for (const { service, mac, [family]: address } of endpoints) {
          if (address === null) continue
          const step = acquireAddress(state, {
            on,
            holder: { project, service, replica: 1 },
            ...{ subnet: subnet.subnet, gateway: subnet.gateway, ipRange: null, address, mac },
          })
          state = step.state
          changes.push(...step.changes)
        }
      }
      return { state, changes, result: null }
    })
    return true
  } catch (error) {
    if (error instanceof PortolanError && ['SUBNET_LEASED', 'ADDRESS_LEASED'].includes(error.code))
      return false
    throw error
  }
}

/** The gateway of an isolated subnet, which is leased although no bridge has it. */
const gatewayIn = (network: string, family: Family, subnet: string): string =>
  planSubnets({}, [{ network, family, subnet }])[0]?.gateway ?? ''

/**
 * A port in force, with the endpoints to which it leads.
 * @returns null: none of them exists. Its container has ended, and no call would name the port. The next change removes
 * it
 */
const mappingOf = (mapping: DesiredMapping, networks: readonly FoundNetwork[]): DesiredMapping | null => {
  const endpoints = networks.flatMap((one) => one.endpoints)
  const [first, ...more] = mapping.targets.flatMap((target) => {
    const found = endpoints.find(({ ip, ip6 }) => ip === target.address || ip6 === target.address)
    return found === undefined ? [] : [{ ...target, service: found.service, network: found.network }]
  })
  return first === undefined ? null : { ...mapping, targets: [first, ...more] }
}
