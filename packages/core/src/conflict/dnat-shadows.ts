import type { Conflict } from './conflict.ts'
import { callers, culpritName, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * The mapping takes packets that somebody else's translation serves today.
 * @param place - where they go today
 * @internal
 */
export const dnatShadows = (finding: Finding, place: string): Conflict => ({
  ...ruleConflict(finding, {
    message: `${finding.mapping?.label} takes packets of ${callers(finding)} that go to ${place} today, by ${culpritName(finding)}. Once it is in force, they reach the container instead.`,
    otherwise: '',
    remedy: {
      text: 'Publish on another host port or on another host address, or take the other translation away first.',
      commands: [],
    },
  }),
  kind: 'DnatShadows',
})
