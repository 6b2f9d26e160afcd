import type { DesiredMapping, DesiredState, Intent } from '@portolan/core'
import { expandOpenings } from '@portolan/core/planning'
import type { WantedState } from './wanted-state.ts'

/**
 * All that is wanted of a project, for its rules; null when there is nothing.
 * @param leads - does a bridge of ours hold the targets of a mapping?
 */
export const desiredOf = (
  project: string,
  wanted: WantedState,
  leads: (mapping: DesiredMapping) => boolean,
): DesiredState | null => {
  const networks = wanted.networks().map(({ network }) => network)
  const mappings = wanted.ports().filter(leads)
  if (networks.length + mappings.length === 0) return null
  const endpoints = wanted.endpoints().map(({ endpoint }) => endpoint)
  // What was named was held to this host when it was asked for.
  const { openings } = expandOpenings(intentOf(project, wanted), networks, endpoints, {})
  return {
    project,
    networks,
    endpoints,
    mappings,
    ...(openings.length === 0 ? {} : { openings }),
    guardForwarding: false,
  }
}

/** The networks and endpoints as an intent; ports that are published live are not of it. */
export const intentOf = (project: string, wanted: WantedState): Intent => ({
  project,
  networks: wanted.networks().map(({ intent }) => intent),
  endpoints: wanted.endpoints().map(({ intent }) => intent),
  mappings: [],
  notes: [],
})
