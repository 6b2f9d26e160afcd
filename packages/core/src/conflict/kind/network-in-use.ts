import { allOrNone, shellCommand } from '@portolan/netfilter/advice'
import type { PublishedPort } from '../../contract/index.ts'
import { aboutNetwork, type Conflict, culpritOutsideRules } from '../conflict.ts'

/**
 * A bridge is removed while ports of other projects still lead to it. Afterwards these ports lead nowhere.
 * @internal
 */
export const networkInUse = (
  network: string,
  bridge: string,
  [first, ...more]: readonly [PublishedPort, ...PublishedPort[]],
): Conflict => {
  const projects = [...new Set([first, ...more].map(({ project }) => project))].sort()
  const ports = more.length === 0 ? first.label : `${first.label} and ${more.length} more`
  return {
    kind: 'NetworkInUse',
    severity: 'warning',
    certainty: 'certain',
    ...aboutNetwork(network),
    message: `The bridge ${bridge} of network ${network} is removed, but ${projects.length === 1 ? 'project' : 'projects'} ${projects.join(', ')} still ${projects.length === 1 ? 'publishes' : 'publish'} ports on it (${ports}). These ports then lead nowhere.`,
    witness: null,
    culprit: culpritOutsideRules('portolan', first.label, first.project),
    remedy: {
      text: `Take ${projects.join(', ')} off the network first, or keep the network.`,
      commands: allOrNone(
        projects.map((project) => shellCommand(['portolan', 'destroy', '--project', project])),
      ),
    },
    trace: [],
  }
}
