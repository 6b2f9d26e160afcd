import {
  acquireAddress,
  acquireSubnet,
  bridgeNetwork,
  type DesiredEndpoint,
  type DesiredMapping,
  type DesiredNetwork,
  type DesiredSubnet,
  type LeaseChange,
  type LeaseStore,
  type NetworkOptions,
  type PublishedPort,
} from '@portolan/core'
import { endpointIntent, networkIntent } from '@portolan/core/planning'
import type { PeerInside } from '@portolan/host'
import {
  containsAddress,
  families,
  macFromAddress,
  PortolanError,
  parseAddress,
  parsePrefix,
} from '@portolan/netfilter'
import { attachedPorts } from '../attachments/attached-ports.ts'
import type { LiveMachine } from '../live-machine.ts'
import type { OwnBridge } from '../networks/own-bridges.ts'
import { asMapping, type LiveRules } from '../rules/live-rules.ts'
import type { KeptRules } from '../rules/rule-keeper.ts'
import { type WantedNetwork, withEndpoint, withNetwork, withPort } from '../wanted/wanted-state.ts'
import { leftNetwork } from './left-network.ts'
import { isPlanned } from './refuse-planned.ts'

type Tools = Pick<LiveMachine, 'leases' | 'withLock' | 'readPeers' | 'takesUp'>

/** What is up of a network, with what is attached to it. */
interface FoundNetwork extends WantedNetwork {
  readonly endpoints: readonly DesiredEndpoint[]
}

/**
 * Writes down what is up of a project that nothing is written down of: its state directory was lost. The bridges tell its
 * networks, the interfaces inside containers their addresses, and the rules the ports. So what runs is served on, and no
 * address in use is given away.
 *
 * A network is left alone where not all of it can be told: the addresses of one that is isolated, or of a container whose
 * namespace is out of sight.
 *
 * @param before - the rules as they were just read
 */
export const takeUp = async (rules: LiveRules, tools: Tools, before: KeptRules): Promise<void> => {
  const { readPeers, takesUp } = tools
  if (readPeers === undefined || takesUp === undefined || leftBridges(rules, takesUp).length === 0) return
  await tools.withLock(async () => {
    const left = leftBridges(rules, takesUp)
    if (left.length === 0 || (await isPlanned(tools.leases, rules.project))) return
    const attached = portsOf(rules)
    const peers = await readPeers(attached.map(({ index }) => index))
    const found = left.flatMap((bridge) => networkOn(bridge, attached, peers) ?? [])
    const kept: FoundNetwork[] = []
    for (const one of found) if (await takeLeases(tools.leases, rules.project, one)) kept.push(one)
    await rules.wanted.change(() =>
      // The journal may have been made for this very record.
      rules.wanted.networks().length + rules.wanted.ports().length > 0
        ? null
        : [
            ...kept.map(({ intent, network }) => withNetwork({ intent, network })),
            ...kept
              .flatMap(({ endpoints }) => endpoints)
              .map((endpoint) => withEndpoint({ intent: intentOf(endpoint), endpoint })),
            // Which clients a port is for is not told: it goes with the next change, and is not opened to all.
            ...before
              .own()
              .filter(({ limited }) => limited !== true)
              .map((port) => withPort(mappingOf(port, kept))),
          ],
    )
    await rules.wanted.sync()
    await rules.refresh()
  })
}

/** None once something is written down. */
const leftBridges = (
  { project, bridges, wanted, facts }: LiveRules,
  takesUp: NonNullable<LiveMachine['takesUp']>,
): readonly OwnBridge[] => {
  const own = bridges.filter((bridge) => bridge.project === project)
  if (own.length === 0 || wanted.exists()) return []
  return own.every((bridge) => takesUp(leftNetwork(bridge, facts))) ? own : []
}

interface FoundPort {
  readonly index: number
  readonly network: string
  readonly endpoint: string
}

const portsOf = ({ project, facts }: LiveRules): readonly FoundPort[] =>
  attachedPorts(facts).flatMap(({ index, mark: { project: owner, network, endpoint } }) =>
    owner !== project || index === null ? [] : [{ index, network, endpoint }],
  )

/** @returns null: not all of it can be told */
const networkOn = (
  { link, name, mode }: OwnBridge,
  attached: readonly FoundPort[],
  peers: ReadonlyMap<number, PeerInside>,
): FoundNetwork | null => {
  const found = bridgeNetwork(link)
  if (found === null || mode.ip === 'isolated' || mode.ip6 === 'isolated') return null
  // That of an interface that was given none.
  const mtu = link.mtu === undefined || link.mtu === 1_500 ? null : link.mtu
  const network: DesiredNetwork = { ...found.network, mtu }
  const { ip, ip6, internal, icc } = network
  if (ip === null && ip6 === null) return null
  const on = attached.filter((port) => port.network === network.name)
  const endpoints = on.flatMap(({ index, endpoint }) => {
    const peer = peers.get(index)
    return peer === undefined ? [] : (endpointOn(network, endpoint, peer) ?? [])
  })
  if (endpoints.length < on.length) return null
  const masquerade = (ip ?? ip6)?.masquerade ?? true
  const intent = networkIntent(network.name, {
    bridge: name,
    ...{ internal, icc, mtu },
    masquerade: internal || masquerade,
    ipv4: asOptions(ip),
    ipv6: asOptions(ip6),
  })
  return { intent, network, endpoints }
}

const asOptions = (subnet: DesiredSubnet | null): NonNullable<NetworkOptions['ipv4']> => {
  if (subnet === null) return false
  const { gateway, mode } = subnet
  return { subnet: subnet.subnet, mode, ...(gateway === null ? {} : { gateway }) }
}

/** @returns null: it has no address of the network */
const endpointOn = (
  network: DesiredNetwork,
  service: string,
  { mac, addresses }: PeerInside,
): DesiredEndpoint | null => {
  const [ip = null, ip6 = null] = families.map((family) => {
    const subnet = network[family]?.subnet
    if (subnet === undefined) return null
    const prefix = parsePrefix(subnet)
    return (
      addresses
        .map((text) => text.split('/')[0] ?? '')
        .find((text) => {
          const address = parseAddress(text)
          return address.family === family && containsAddress(prefix, address)
        }) ?? null
    )
  })
  return ip === null && ip6 === null ? null : { service, replica: 1, network: network.name, ip, ip6, mac }
}

const intentOf = ({ service, network, ip, ip6, mac }: DesiredEndpoint) =>
  endpointIntent(service, network, mac === macFromAddress(ip ?? ip6 ?? '') ? {} : { mac })

/** @returns false: another network has its subnet by now */
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
          ...{ subnet: subnet.subnet, gateway: subnet.gateway ?? '' },
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

/** A port that is in force, with the endpoints that it leads to. */
const mappingOf = (port: PublishedPort, networks: readonly FoundNetwork[]): DesiredMapping => {
  const endpoints = networks.flatMap((one) => one.endpoints)
  const mapping = asMapping(port)
  const [first, ...more] = mapping.targets.map((target) => {
    const found = endpoints.find(({ ip, ip6 }) => ip === target.address || ip6 === target.address)
    return found === undefined ? target : { ...target, service: found.service, network: found.network }
  })
  return first === undefined ? mapping : { ...mapping, targets: [first, ...more] }
}
