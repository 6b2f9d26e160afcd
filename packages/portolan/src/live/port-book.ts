import { type DesiredMapping, type Family, PortolanError, type PublishedPort } from '@portolan/core'
import { plainMapping } from './plain-mapping.ts'
import type { KeptRules } from './rule-keeper.ts'
import { type HostSocket, socketKey } from './socket-key.ts'

/**
 * What is published on this host as far as is known, and what of it was asked for here.
 * @internal
 */
export interface PortBook {
  /** Takes over what was read. */
  learn(rules: KeptRules): void
  /**
   * Is it published just so already?
   * @throws PortolanError `HOST_PORT_IN_USE` when something else has its host socket
   */
  holds(wanted: DesiredMapping): boolean
  /** The project's ports among these host sockets. */
  at(sockets: readonly HostSocket[]): readonly PublishedPort[]
  /** The project's ports. */
  own(): readonly PublishedPort[]
  /**
   * The project's mappings, to be written with others: what is in force, and what was asked for here and lost with
   * all our rules, as far as it is still wanted.
   */
  toKeep(isWanted: (mapping: DesiredMapping) => boolean): readonly DesiredMapping[]
  asMapping(port: PublishedPort): DesiredMapping
  /** These are the project's mappings now. */
  hold(mappings: readonly DesiredMapping[]): void
  publish(mapping: DesiredMapping): void
  forget(socket: HostSocket): void
}

/** @internal */
export const openPortBook = (project: string): PortBook => {
  /** What every project has, by host socket. */
  let published = new Map<string, PublishedPort>()
  /** What was asked for here and not taken back. */
  const asked = new Map<string, DesiredMapping>()
  let standing: readonly Family[] = []

  const own = (): readonly PublishedPort[] =>
    [...published.values()].filter((port) => port.project === project)

  const isJustSo = ({ project: owner, targets: [target] }: PublishedPort, wanted: DesiredMapping): boolean =>
    owner === project &&
    target?.address === wanted.targets[0].address &&
    target.port === wanted.targets[0].port

  return {
    learn: (rules) => {
      // One that is bound to an interface stands beside a plain one of the same port.
      const plain = rules.ports.filter((port) => port.interface === null)
      published = new Map(plain.map((port) => [socketKey(port), port]))
      standing = rules.standing
      // Where our rules stand, what is no longer among them was taken back by somebody who may.
      for (const [key, mapping] of asked) {
        const port = published.get(key)
        const isLost = port === undefined && !standing.includes(mapping.family)
        if (!isLost && (port === undefined || !isJustSo(port, mapping))) asked.delete(key)
      }
    },
    holds: (wanted) => {
      const holder = published.get(socketKey(wanted))
      if (holder === undefined) return false
      if (isJustSo(holder, wanted)) return true
      throw new PortolanError(
        'HOST_PORT_IN_USE',
        `${wanted.label.split(' -> ')[0]} is published already: ${holder.label} of project ${holder.project} has it. Unpublish that first, or take another host port.`,
      )
    },
    at: (sockets) =>
      sockets.flatMap((socket) => {
        const port = published.get(socketKey(socket))
        return port?.project === project ? [port] : []
      }),
    own,
    toKeep: (isWanted) => [
      ...own().map(asMapping),
      // `learn` left of these only what is in force and what was lost.
      ...[...asked].flatMap(([key, mapping]) => (!published.has(key) && isWanted(mapping) ? [mapping] : [])),
    ],
    asMapping,
    hold: (mappings) => {
      for (const { family, protocol, hostAddress, hostPort } of own())
        published.delete(socketKey({ family, protocol, hostAddress, hostPort }))
      for (const mapping of mappings) published.set(socketKey(mapping), { ...mapping, project })
    },
    publish: (mapping) => {
      published.set(socketKey(mapping), { ...mapping, project })
      asked.set(socketKey(mapping), mapping)
    },
    forget: (socket) => {
      const key = socketKey(socket)
      asked.delete(key)
      if (published.get(key)?.project === project) published.delete(key)
    },
  }
}

/** A port that is in force, as the mapping that was asked for. */
const asMapping = ({
  label,
  family,
  protocol,
  hostAddress,
  hostPort,
  targets,
}: PublishedPort): DesiredMapping => {
  const [first = { address: '', port: 0 }, ...others] = targets
  return plainMapping({ label, family, protocol, hostAddress, hostPort, targets: [first, ...others] })
}
