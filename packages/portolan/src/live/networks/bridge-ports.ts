import type { HostFacts } from '@portolan/netfilter'
import type { DriftChange } from '../../watch/host-event.ts'
import { attachedPorts } from '../attachments/attached-ports.ts'
import { type OwnBridge, ownBridges } from './own-bridges.ts'
import { useOf } from './refuse-port.ts'

/** An interface with its index, which a later interface of the same name does not have. */
interface Port {
  readonly name: string
  readonly index: number | undefined
}

/** The interfaces of each network, by the network's name. */
export type Ports = ReadonlyMap<string, readonly Port[]>

/**
 * The interfaces that belong on the bridges of a project, by network. When a bridge is gone, its last interfaces were
 * released, and belong on its replacement. An interface that was on a bridge and has no master now belongs there too.
 * An interface with another master, or a missing one, was moved by another program.
 */
export const portsOfBridges = (project: string, facts: HostFacts, before: Ports): Ports => {
  const now = new Map(before)
  for (const bridge of ownBridges(facts)) {
    if (bridge.project !== project) continue
    const ports = (facts.interfaces ?? []).flatMap(({ name, index, master }) =>
      master === bridge.name && name !== undefined ? [{ name, index }] : [],
    )
    const released = (before.get(bridge.network) ?? []).filter((port) => isReleased(port, facts))
    now.set(bridge.network, [...ports, ...released])
  }
  return now
}

/** The interfaces that `attach` made for the networks of a project, known by their alias, and that are on no bridge. */
export const markedPorts = (project: string, facts: HostFacts): Ports => {
  const marked = new Map<string, readonly Port[]>()
  for (const { name, index, mark } of attachedPorts(facts)) {
    const port = { name, index: index ?? undefined }
    if (mark.project === project && isReleased(port, facts))
      marked.set(mark.network, [...(marked.get(mark.network) ?? []), port])
  }
  return marked
}

const isReleased = ({ name, index }: Port, facts: HostFacts): boolean => {
  const link = facts.interfaces?.find((one) => one.name === name)
  // With addresses or routes of its own, the interface serves another purpose now.
  return link !== undefined && link.index === index && (link.master ?? null) === null && !useOf(name, facts)
}

/** The ports of networks that still exist and are on no bridge now. */
export const lostPorts = (
  project: string,
  facts: HostFacts,
  before: Ports,
): readonly { readonly network: string; readonly port: string; readonly bridge: OwnBridge }[] =>
  ownBridges(facts).flatMap((bridge) =>
    bridge.project !== project
      ? []
      : (before.get(bridge.network) ?? [])
          .filter((port) => isReleased(port, facts))
          .map(({ name }) => ({ network: bridge.network, port: name, bridge })),
  )

/** The ports that another program released from the bridges of a project, as drift. */
export const portDrift = (project: string, facts: HostFacts, before: Ports): readonly DriftChange[] =>
  lostPorts(project, facts, before).map(({ network, port, bridge }) => ({
    action: 'change',
    object: `bridge port ${port}`,
    description: `Attach ${port} to the bridge ${bridge.name} of network ${network} again: without it the container is cut off.`,
  }))
