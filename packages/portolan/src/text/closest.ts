import { closestOf } from '@portolan/netfilter/text'

/**
 * A question to append to a sentence. Empty where no known word is near.
 * @internal
 */
export const didYouMean = (
  word: string,
  known: readonly string[],
  written: (one: string) => string = (one) => one,
): string => {
  const guess = closestOf(word, known)
  return guess === null ? '' : ` Did you mean ${written(guess)}?`
}
