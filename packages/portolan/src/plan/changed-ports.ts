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

/** Ports of this project that are in force now and lead nowhere, or elsewhere, afterwards. */
export const withdrawnPorts = (
  published: readonly PublishedPort[],
  desired: DesiredState,
): readonly PublishedPort[] => {
  const ours = published.filter(({ project }) => project === desired.project)
  if (ours.length === 0) return []
  const kept = new Set(natMappings(desired).map(portKey))
  return ours.filter((port) => !kept.has(portKey(port)))
}

/** Mappings that are not in force now and will be: all of them when nothing leads to our rules as yet. */
export const addedPorts = (
  published: readonly PublishedPort[],
  desired: DesiredState,
  changes: readonly PlanChange[],
): readonly DesiredMapping[] => {
  if (backends.some((backend) => leadsIn(backend, changes))) return natMappings(desired)
  const there = new Set(published.filter(({ project }) => project === desired.project).map(portKey))
  return natMappings(desired).filter((mapping) => !there.has(portKey(mapping)))
}

/** Is it the way to our mappings that is made or mended, rather than one of them? */
const leadsIn = <One extends Backend>(backend: One, changes: readonly PlanChange[]): boolean =>
  hasChangeOf(changes, backend, dialects[backend].leadsIn)
