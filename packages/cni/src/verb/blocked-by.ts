import type { Conflict } from 'portolan'
import { conflictWords } from '../attachment/conflict-words.ts'
import { CniError, cniCodes } from '../cni-error.ts'
import type { WrittenConfig } from '../config/config-schema.ts'

/** How a conflict stops nothing. */
export const goesOn = 'With "conflicts": "warn" in the network configuration it goes on all the same.'

/**
 * A port that is promised has to work: conflicts of severity error fail ADD, or are told where the configuration says so.
 * @throws CniError 101 with the words of the conflicts and what to do about each
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
    // A command is copied as a line, so none shares its line with a sentence.
    details: [...new Set(words.map(({ remedy }) => remedy)), goesOn].join('\n'),
  })
}
