import type { Conflict } from './conflict.ts'
import { culpritOutsideRules } from './conflict.ts'

/** A mapping of some project, and what it is bound to. */
interface Binding {
  readonly project: string
  readonly label: string
  readonly hostAddress: string | null
  readonly interface: string | null
}

/**
 * A wide and a specific binding on one port: all host addresses and one of them, all interfaces and one of them. Both
 * work: the specific one wins for what it is bound to. Reported because it is as often a slip as it is meant; on the
 * specific one, unless that is of another project.
 *
 * @param project - whose plan it is
 * @internal
 */
export const overlappingHostPort = (project: string, narrow: Binding, wide: Binding): Conflict => {
  const [own, other] = narrow.project === project ? [narrow, wide] : [wide, narrow]
  const whose = own === narrow ? '' : ` of project ${narrow.project}`
  return {
    kind: 'OverlappingHostPort',
    severity: 'warning',
    certainty: 'certain',
    mapping: own.label,
    network: null,
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

const isOfAddress = (narrow: Binding, wide: Binding): boolean =>
  narrow.hostAddress !== null && wide.hostAddress === null

/** What a specific binding takes, in the words of what it is bound to and the wide one is not. */
const shareOf = (narrow: Binding, wide: Binding): string =>
  isOfAddress(narrow, wide) ? 'its host address' : `the packets that come in by ${narrow.interface}`
