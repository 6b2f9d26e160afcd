import type { DesiredMapping, PublishedPort } from '../../contract/index.ts'
import { aboutMapping, type Conflict, culpritOutsideRules } from '../conflict.ts'

/** A mapping of the planned project, or a port that another project already has. */
export type Binding = OwnBinding | PublishedPort

interface OwnBinding extends DesiredMapping {
  readonly project: string
}

/**
 * A wide and a specific binding share a port: all host addresses and one of them, or all interfaces and one of them.
 * Both work, and the specific one wins where it is bound. It is reported because it may be a slip. The report names the
 * specific binding, unless that belongs to another project.
 *
 * @returns null when neither belongs to the planned project
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

/** The packets that a specific binding takes from the wide one, in words. */
const shareOf = (narrow: Binding, wide: Binding): string =>
  isOfAddress(narrow, wide) ? 'its host address' : `the packets that come in by ${narrow.interface}`
