import type { DesiredMapping, DesiredState, Intent } from '@portolan/core'
import { expandOpenings } from '@portolan/core/planning'
import type { WantedState } from './wanted-state.ts'

/**
 * The desired state of a project, for its rules; null: nothing is wanted.
 * @param leads - tells whether a bridge of Portolan holds the targets of a mapping
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
  // The sources in `reachable_from` were checked against this host when they were requested.
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

/** The networks and endpoints as an intent. Ports that are published live are not part of it. */
export const intentOf = (project: string, wanted: WantedState): Intent => ({
  project,
  networks: wanted.networks().map(({ intent }) => intent),
  endpoints: wanted.endpoints().map(({ intent }) => intent),
  mappings: [],
  notes: [],
})
