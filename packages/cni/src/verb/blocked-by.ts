import type { Conflict } from 'portolan'
import { conflictWords } from '../attachment/conflict-words.ts'
import { CniError, cniCodes } from '../cni-error.ts'
import type { WrittenConfig } from '../config/config-schema.ts'

/** The advice for continuing in spite of a conflict. */
export const warnAdvice =
  'To continue in spite of conflicts, set "conflicts": "warn" in the network configuration.'

/**
 * Fails ADD for conflicts of severity error, because a published port has to work. Where the configuration says so,
 * they are only warnings.
 * @throws CniError 101 with the words of the conflicts and the remedy of each
 */
export const blockedBy = (
  conflicts: readonly Conflict[],
  { conflicts: policy = 'error' }: WrittenConfig,
  warn: (text: string) => void,
): void => {
  if (conflicts.length === 0) return
  const words = conflicts.map(conflictWords)
  if (policy === 'warn') {
    for (const { message, remedy } of words) warn(`${message} ${remedy}`)
    return
  }
  throw new CniError(cniCodes.conflict, words.map(({ message }) => message).join(' '), {
    // Each command has a line of its own, so that it can be copied.
    details: [...new Set(words.map(({ remedy }) => remedy)), warnAdvice].join('\n'),
  })
}
