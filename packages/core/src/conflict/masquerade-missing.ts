import type { Conflict } from './conflict.ts'
import { called, callers, culpritName, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * What should leave with an address of the host keeps a private one, which nobody outside can answer.
 * @internal
 */
export const masqueradeMissing = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `Packets of ${callers(finding)} to ${called(finding)} keep their own source address, which who gets them cannot answer: ${culpritName(finding)} comes before the masquerade.`,
    otherwise: 'See to it that nothing binds the source of these packets before the masquerade does.',
  })
