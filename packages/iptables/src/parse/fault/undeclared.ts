import { didYouMean } from '@portolan/netfilter/text'

/** The fault of a rule that names a chain which is not declared in its table. */
export const undeclared = (chain: string, known: Iterable<string>): string =>
  `no line before this one declares the chain ${chain}${didYouMean(chain, [...known]) || `: write ":${chain} - [0:0]" above the rules of its table`}`
