import type { Conflict } from '../conflict.ts'
import { ownersTerms } from '../remedy/owners-terms.ts'
import { culpritOf, type Finding } from '../search/finding/finding.ts'
import { culpritName } from './cause.ts'
import { receiver, senders } from './effect.ts'
import { type OwnProject, ruleConflict } from './rule-conflict.ts'

/**
 * - `always`: the packets reach the container while the mapping is in force.
 * - `in-one-order`: they reach it if the chain of the mapping runs before the chain of the foreign translation, which
 * has the same priority.
 */
export type Taken = 'always' | 'in-one-order'

/** Packets that reach another place today. */
export interface Shadow {
  readonly finding: Finding
  /** The destination that serves the packets without the mapping. */
  readonly place: string
  readonly taken: Taken
}

/**
 * The mapping takes packets that a foreign translation serves without it. The mapping may be in force already.
 * @internal
 */
export const dnatShadows = ({ finding, place, taken }: Shadow, own: OwnProject): Conflict => {
  const culprit = culpritOf(finding.step)
  const terms = finding.step === null ? null : ownersTerms(finding.step)
  const by = culprit === null ? '' : `, by ${culpritName(culprit, finding.step)}`
  return {
    ...ruleConflict(
      finding,
      {
        message: `${receiver(finding)} ${taken === 'always' ? 'takes' : 'may take'} packets from ${senders(finding)} that go to ${place} without it${by}. ${outcome[taken]}`,
        otherwise: '',
        remedy: {
          text: `${elsewhere}, or ${terms === null ? 'delete that translation first.' : `take that translation back first. ${terms}`}`,
          commands: [],
        },
      },
      own,
    ),
    kind: 'DnatShadows',
  }
}

const outcome: Readonly<Record<Taken, string>> = {
  always: 'While the mapping is in force, they reach the container instead.',
  'in-one-order':
    'The chains of both translations have one priority, and the kernel runs the one first that was registered last. It does not show which one that is. If it is the chain of the mapping, the packets reach the container instead.',
}

const elsewhere = 'Publish on another host port or on another host address'
