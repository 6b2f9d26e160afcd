import { culpritName } from './cause.ts'
import type { Conflict } from './conflict.ts'
import { receiver, senders } from './effect.ts'
import { ownersTerms } from './remedy/owners-terms.ts'
import { type OwnProject, ruleConflict } from './rule-conflict.ts'
import { culpritOf, type Finding } from './search/finding.ts'

/**
 * The mapping takes packets that a foreign translation serves without it. The mapping may be in force already.
 * @param place - the destination that serves the packets without the mapping
 * @internal
 */
export const dnatShadows = (finding: Finding, place: string, own: OwnProject): Conflict => {
  const culprit = culpritOf(finding.step)
  const terms = finding.step === null ? null : ownersTerms(finding.step)
  const by = culprit === null ? '' : `, by ${culpritName(culprit, finding.step)}`
  return {
    ...ruleConflict(
      finding,
      {
        message: `${receiver(finding)} takes packets from ${senders(finding)} that go to ${place} without it${by}. While the mapping is in force, they reach the container instead.`,
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

const elsewhere = 'Publish on another host port or on another host address'
