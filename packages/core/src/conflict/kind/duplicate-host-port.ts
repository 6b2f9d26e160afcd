import { placeText, type SourcePosition } from '@portolan/netfilter'
import type { DesiredMapping } from '../../contract/index.ts'
import { aboutMapping, type Conflict, culpritOutsideRules } from '../conflict.ts'

const apart = 'Give one of them another host port, or bind them to different host addresses'

const remedies = {
  'another-project': `${apart}. A port is shared by weight within one project only.`,
  'another-target': `${apart}, or give both a weight (x-portolan: {weight: 1}) and the same allow_from to share the port.`,
  'same-target': 'Write the port once, with the prefixes of both in one allow_from.',
} as const

/** The places in files where the two mappings are written; null or absent: not in a file. */
interface DuplicatePlaces {
  readonly loser?: SourcePosition | null
  readonly winner?: SourcePosition | null
}

const placesText = ({ loser, winner }: DuplicatePlaces): string => {
  if (loser == null) return ''
  const other = winner == null ? '' : `, and the other at ${placeText(winner)}`
  return ` It is written at ${placeText(loser)}${other}.`
}

/**
 * Two mappings want one host socket. Both are of this project, or one is of another project and already in force. The
 * first mapping keeps the socket. Two containers cannot answer on one socket unless both have a weight and are of one
 * project.
 *
 * Invalid: `a: ports: ["8080:80"]` and `b: ports: ["8080:80"]`. Valid: the same with `weight` on both.
 * @internal
 */
export const duplicateHostPort = (
  project: string,
  loser: DesiredMapping,
  winner: { readonly project: string; readonly label: string },
  socket: string,
  how: 'another-project' | 'another-target' | 'same-target',
  places: DuplicatePlaces = {},
): Conflict => ({
  kind: 'DuplicateHostPort',
  severity: 'error',
  certainty: 'certain',
  ...aboutMapping(project, loser),
  message: `${loser.label} wants the host socket ${socket}, which ${winner.label} of project ${winner.project} already has. It would never get a packet.${placesText(places)}`,
  witness: null,
  culprit: culpritOutsideRules('portolan', winner.label, winner.project),
  remedy: {
    text: remedies[how],
    commands: [],
  },
  trace: [],
})
