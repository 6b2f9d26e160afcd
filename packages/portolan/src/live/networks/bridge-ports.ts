import type { HostFacts } from '@portolan/netfilter'
import { ownBridges } from './own-bridges.ts'

/** Interfaces by the name of their network. */
export type Ports = ReadonlyMap<string, readonly string[]>

/**
 * The interfaces on the bridges of a project, by network. Of a bridge that is gone those it had last: they were
 * released, and belong on the one that comes in its place.
 */
export const portsOfBridges = (project: string, facts: HostFacts, before: Ports): Ports => {
  const now = new Map(before)
  for (const bridge of ownBridges(facts)) {
    if (bridge.project !== project) continue
    const ports = (facts.interfaces ?? []).filter(({ master }) => master === bridge.name)
    const names = ports.flatMap(({ name }) => (name === undefined ? [] : [name]))
    now.set(bridge.network, names)
  }
  return now
}

/** Of the ports that networks had: those that are on no bridge now, and are there. */
export const lostPorts = (
  project: string,
  facts: HostFacts,
  before: Ports,
): readonly { readonly network: string; readonly port: string }[] => {
  const links = new Map((facts.interfaces ?? []).map((link) => [link.name, link]))
  const networks = new Set(
    ownBridges(facts).flatMap((bridge) => (bridge.project === project ? [bridge.network] : [])),
  )
  return [...before]
    .filter(([network]) => networks.has(network))
    .flatMap(([network, ports]) => ports.map((port) => ({ network, port })))
    .filter(({ port }) => {
      const link = links.get(port)
      return link !== undefined && (link.master ?? null) === null
    })
}
