import { InvalidRequestError } from '@portolan/netfilter'

/**
 * The kernel's number for one of several words.
 *
 * @param what - what the words are, as a message names it
 * @throws InvalidRequestError for any other word
 */
export const checkChoice = (
  numbers: Readonly<Record<string, number>>,
  word: string,
  what: string,
  does: string,
): number => {
  const number = Object.hasOwn(numbers, word) ? numbers[word] : undefined
  if (number !== undefined) return number
  throw new InvalidRequestError(
    `Could not ${does}: "${word}" is no ${what}. Use one of ${Object.keys(numbers).sort().join(', ')}.`,
  )
}
