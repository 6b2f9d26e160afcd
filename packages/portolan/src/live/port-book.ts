import type { DesiredMapping, PublishedPort } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { plainMapping } from './plain-mapping.ts'
import type { KeptRules } from './rule-keeper.ts'
import { type HostSocket, socketKey } from './socket-key.ts'

/**
 * What is published on this host as far as is known, and what of the project was lost.
 * @internal
 */
export interface PortBook {
  /** Takes over what was read. */
  learn(rules: Pick<KeptRules, 'ports' | 'standing'>): void
  /**
   * Is it published just so already?
   * @throws PortolanError `HOST_PORT_IN_USE` when something else has its host socket
   */
  holds(wanted: DesiredMapping): boolean
  /** The project's ports among these host sockets, those that were lost too. */
  at(sockets: readonly HostSocket[]): readonly PublishedPort[]
  /** The project's ports. */
  own(): readonly PublishedPort[]
  /**
   * The project's mappings, to be written with others: what is in force, and what was lost with others of our rules, as
   * far as it is still wanted.
   */
  toKeep(isWanted: (mapping: DesiredMapping) => boolean): readonly DesiredMapping[]
  /** Has something been lost that `toKeep` may bring back? */
  hasLost(): boolean
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
  /** What the project had when our rules stood, and has not since they were damaged. */
  const lost = new Map<string, PublishedPort>()

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
      const before = own()
      published = new Map(plain.map((port) => [socketKey(port), port]))
      for (const port of before) lost.set(socketKey(port), port)
      for (const [key, port] of lost) {
        // Where our rules stand, what is no longer among them was taken back by a caller that may.
        if (published.has(key) || rules.standing.includes(port.family)) lost.delete(key)
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
        const key = socketKey(socket)
        const port = published.get(key) ?? lost.get(key)
        return port?.project === project ? [port] : []
      }),
    own,
    toKeep: (isWanted) => [...own().map(asMapping), ...[...lost.values()].map(asMapping).filter(isWanted)],
    hasLost: () => lost.size > 0,
    asMapping,
    hold: (mappings) => {
      for (const { family, protocol, hostAddress, hostPort } of own())
        published.delete(socketKey({ family, protocol, hostAddress, hostPort }))
      for (const mapping of mappings) published.set(socketKey(mapping), { ...mapping, project })
      lost.clear()
    },
    publish: (mapping) => {
      published.set(socketKey(mapping), { ...mapping, project })
    },
    forget: (socket) => {
      const key = socketKey(socket)
      lost.delete(key)
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
