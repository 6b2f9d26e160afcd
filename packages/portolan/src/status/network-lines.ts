import type { DesiredNetwork, LinkOperation, OwnedNetwork } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import { allRuleChanges, type Drift, type PlacedWish } from './find-drift.ts'
import { commentsIn } from './mapping-lines.ts'
import type { NetworkStatus } from './status.ts'

/** The facts about a network that are known before conflicts are looked for. */
export type NetworkLine = Omit<NetworkStatus, 'conflicts'>

/** A line for each network whose bridge exists or is wanted. Networks of other engines (`external`) get no line. */
export const networkLines = (
  facts: HostFacts,
  networks: readonly OwnedNetwork[],
  wishes: readonly PlacedWish[],
  backendOf: (bridge: string) => Backend | null,
  drift: Drift,
): readonly NetworkLine[] => {
  const up = new Set((facts.interfaces ?? []).filter((link) => link.up === true).map(({ name }) => name))
  const byProject = new Map(wishes.map((wish) => [wish.project, wish]))
  const isChanged = changedNetworks(drift)
  const driftOf = ({ project, network }: OwnedNetwork): NetworkLine['drift'] => {
    if (byProject.has(project) && !isWanted(project, network.name)) return 'unwanted'
    if (isChanged(project, network)) return 'changed'
    return byProject.has(project) ? 'none' : 'unknown'
  }
  const lineOf = (project: string, network: DesiredNetwork, found: NetworkLine['drift']): NetworkLine => ({
    project,
    name: network.name,
    bridge: network.bridge,
    subnets: [network.ip, network.ip6].flatMap((one) =>
      one === null || one.gateway === null ? [] : [one.subnet],
    ),
    up: up.has(network.bridge),
    backend: backendOf(network.bridge),
    drift: found,
  })
  const isWanted = (project: string, name: string): boolean =>
    byProject.get(project)?.desired?.networks.some((one) => one.name === name) === true
  const isThere = (project: string, name: string): boolean =>
    networks.some((one) => one.project === project && one.network.name === name)
  return [
    ...networks.map((one) => lineOf(one.project, one.network, driftOf(one))),
    ...wishes.flatMap(({ project, desired }) =>
      (desired?.networks ?? [])
        .filter(({ name, external }) => !external && !isThere(project, name))
        .map((network) => lineOf(project, network, 'missing')),
    ),
  ].sort((a, b) => (`${a.project} ${a.name}` < `${b.project} ${b.name}` ? -1 : 1))
}

/** Is a change about the rules of a network, or about its bridge? The rules of a network name it in their comments. */
const changedNetworks = (drift: Drift): ((project: string, network: DesiredNetwork) => boolean) => {
  const named = new Set(
    allRuleChanges(drift)
      .flatMap(commentsIn)
      .map((comment) => comment.split(': ')[0]),
  )
  const bridges = new Set(drift.host.flatMap(changedBridges))
  return (project, { name, bridge }) => named.has(`${project}/${name}`) || bridges.has(bridge)
}

/**
 * A bridge without its gateway address has no route to its containers. So a change of that address counts as one of the
 * bridge.
 */
const changedBridges = (change: Drift['host'][number]): readonly string[] => {
  if (change.part !== 'link') return []
  const { kind, name } = change.operation
  return bridgeChanges.has(kind) ? [name] : []
}

const bridgeChanges: ReadonlySet<LinkOperation['kind']> = new Set([
  'create-bridge',
  'delete-bridge',
  'set-bridge',
  'add-address',
  'remove-address',
])
