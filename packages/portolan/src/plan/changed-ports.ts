import type { DesiredMapping, DesiredState, PublishedPort } from '@portolan/core'
import { type Backend, backends } from '../backend/backend.ts'
import { dialects } from '../backend/dialects.ts'
import { hasChangeOf } from './changes-of.ts'
import type { PlanChange } from './plan.ts'

type Port = Omit<PublishedPort, 'project' | 'label'>

const portKey = (port: Port): string =>
  [
    port.family,
    port.protocol,
    port.hostAddress,
    port.hostPort,
    port.interface,
    ...port.targets.map((to) => `${to.address} ${to.port}`),
  ].join(' ')

/** @internal */
export const natMappings = ({ mappings }: DesiredState): readonly DesiredMapping[] =>
  mappings.every(isTranslated) ? mappings : mappings.filter(isTranslated)

const isTranslated = ({ kind }: DesiredMapping): boolean => kind === 'nat'

/** The ports of this project that are in force now and afterwards lead nowhere, or to another target. */
export const withdrawnPorts = (
  published: readonly PublishedPort[],
  desired: DesiredState,
): readonly PublishedPort[] => {
  const ours = published.filter(({ project }) => project === desired.project)
  if (ours.length === 0) return []
  const kept = new Set(natMappings(desired).map(portKey))
  return ours.filter((port) => !kept.has(portKey(port)))
}

/** The mappings that come into force. All of them count when the way into the managed rules is new or repaired. */
export const addedPorts = (
  published: readonly PublishedPort[],
  desired: DesiredState,
  changes: readonly PlanChange[],
): readonly DesiredMapping[] => {
  if (backends.some((backend) => leadsIn(backend, changes))) return natMappings(desired)
  const there = new Set(published.filter(({ project }) => project === desired.project).map(portKey))
  return natMappings(desired).filter((mapping) => !there.has(portKey(mapping)))
}

/** Tells whether a change creates or repairs the way into the managed rules, not a single mapping. */
const leadsIn = <One extends Backend>(backend: One, changes: readonly PlanChange[]): boolean =>
  hasChangeOf(changes, backend, dialects[backend].leadsIn)
