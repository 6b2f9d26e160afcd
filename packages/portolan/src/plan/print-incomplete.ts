import type { IncompleteSearch } from '@portolan/core'
import { visibleLine } from '@portolan/netfilter'

/** Thousands of mappings may be left out for the same reason. */
const longestList = 20

/**
 * What a search for conflicts did not look at, a line each; of very much only the first.
 * @internal
 */
export const printIncomplete = (incomplete: readonly IncompleteSearch[]): readonly string[] => {
  const hidden = incomplete.length - longestList
  return incomplete.length === 0
    ? []
    : [
        ...incomplete.slice(0, longestList).map((one) => `  ${visibleLine(sentenceOf(one))}`),
        ...(hidden > 0 ? [`  and ${hidden} more (--json lists them all)`] : []),
        '  portolan explain tells what becomes of any one of these packets.',
      ]
}

const sentenceOf = ({ mapping, network, what, why }: IncompleteSearch): string =>
  `${mapping ?? (network === null ? 'host' : `network ${network}`)}: ${what}. ${why}`
