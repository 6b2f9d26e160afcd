import { type DesiredState, emptyLeases, type LeaseState, type OwnedNetwork } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { guardedBridges } from '../host-rules/guarded-bridges.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { publishedIn } from '../host-rules/published-ports.ts'
import { hostNetworks } from '../live/networks/host-networks.ts'
import { findDrift, isRead, type PlacedWish } from './find-drift.ts'
import type { PortInForce } from './mapping-lines.ts'
import type { Reading } from './reading.ts'
import type { Wish } from './wish.ts'

/** The networks and ports of a host, with the backend of each. */
export interface Places extends Pick<Reading, 'facts' | 'rules' | 'networks' | 'backendOf' | 'inForce'> {
  /** The backend that has a port or a bridge of a project; null: none has. */
  readonly placed: (project: string, desired: DesiredState | null) => Backend | null
}

export const placesOn = (facts: HostFacts, rules: HostRules): Places => {
  const guards = backends.map((backend) => [backend, guardedBridges(backend, rules)] as const)
  const backendOf = (bridge: string): Backend | null =>
    guards.find(([, bridges]) => bridges.includes(bridge))?.[0] ?? null
  const inForce = backends.flatMap((backend) =>
    publishedIn(backend, rules).map((port): PortInForce => ({ backend, port })),
  )
  return {
    facts,
    rules,
    networks: hostNetworks(facts),
    backendOf,
    inForce,
    placed: (project, desired) =>
      inForce.find(({ port }) => port.project === project)?.backend ??
      [...(desired?.networks ?? []).map(({ bridge }) => bridge)].map(backendOf).find((one) => one !== null) ??
      null,
  }
}

/** Is a wished project, or a network of the host, in no backend yet? */
export const needsFallback = ({ placed, networks, backendOf }: Places, wishes: readonly Wish[]): boolean =>
  wishes.some(({ project, desired }) => placed(project, desired) === null) ||
  networks.some(({ network }) => backendOf(network.bridge) === null)

/** Joins what is known of a host into the reading from which its status is told. */
export const readingOf = (
  { placed, ...places }: Places,
  known: {
    readonly wishes: readonly Wish[]
    /** The backend of projects and networks that are in none yet. */
    readonly fallback: Backend
    /** May sysctls be set? */
    readonly sysctls: boolean
    readonly unread: readonly string[]
    /** Null: not known. */
    readonly leases: LeaseState | null
  },
): Reading => {
  const { facts, rules, networks, backendOf } = places
  const wishes: PlacedWish[] = []
  for (const wish of known.wishes)
    wishes.push({ ...wish, backend: placed(wish.project, wish.desired) ?? wish.backend ?? known.fallback })
  const guarded: { project: string; network: OwnedNetwork['network']; backend: Backend }[] = []
  for (const one of networks) {
    const own = wishes.find(({ project }) => project === one.project)?.backend
    guarded.push({ ...one, backend: backendOf(one.network.bridge) ?? own ?? known.fallback })
  }
  return {
    ...places,
    wishes,
    leases: known.leases ?? emptyLeases,
    drift: findDrift(facts, rules, guarded, wishes, known.sysctls),
    unread: [...(facts.unread ?? []), ...rules.unread, ...known.unread, ...undriven(rules, wishes)],
  }
}

/** Names the backends whose rules were not read whole. Nothing of such a backend can be told to be missing. */
const undriven = (rules: HostRules, wishes: readonly PlacedWish[]): readonly string[] => {
  const hidden = backends.filter(
    (backend) => !isRead(rules, backend) && wishes.some((wish) => wish.backend === backend),
  )
  return hidden.map(
    (backend) => `The rules of ${backend} could not all be read, so missing ones are not reported.`,
  )
}
