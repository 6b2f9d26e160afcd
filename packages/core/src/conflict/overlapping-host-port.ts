import type { DesiredMapping, PublishedPort } from '../contract/index.ts'
import { aboutMapping, type Conflict, culpritOutsideRules } from './conflict.ts'

/** A mapping of the project that is planned, or a port that another has already. */
export type Binding = OwnBinding | PublishedPort

interface OwnBinding extends DesiredMapping {
  readonly project: string
}

/**
 * A wide and a specific binding on one port: all host addresses and one of them, all interfaces and one of them. Both
 * work: the specific one wins for what it is bound to. Reported because it is as often a slip as it is meant; on the
 * specific one, unless that is of another project.
 *
 * @returns null when neither is of the project that is planned
 * @internal
 */
export const overlappingHostPort = (narrow: Binding, wide: Binding): Conflict | null => {
  const own = [narrow, wide].find(isOwn)
  if (own === undefined) return null
  const other = own === narrow ? wide : narrow
  const whose = own === narrow ? '' : ` of project ${narrow.project}`
  return {
    kind: 'OverlappingHostPort',
    severity: 'warning',
    certainty: 'certain',
    ...aboutMapping(own.project, own),
    message: `${narrow.label}${whose} takes ${shareOf(narrow, wide)} out of ${wide.label} (project ${wide.project}), which binds every ${isOfAddress(narrow, wide) ? 'address' : 'interface'} on the same port. The specific one wins.`,
    witness: null,
    culprit: culpritOutsideRules('portolan', other.label, other.project),
    remedy: {
      text: 'Nothing, if this is meant. Otherwise give one of them another host port.',
      commands: [],
    },
    trace: [],
  }
}

const isOwn = (binding: Binding): binding is OwnBinding => 'kind' in binding

const isOfAddress = (narrow: Binding, wide: Binding): boolean =>
  narrow.hostAddress !== null && wide.hostAddress === null

/** What a specific binding takes, in the words of what it is bound to and the wide one is not. */
const shareOf = (narrow: Binding, wide: Binding): string =>
  isOfAddress(narrow, wide) ? 'its host address' : `the packets that come in by ${narrow.interface}`
