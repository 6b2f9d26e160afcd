import type { IncompleteSearch } from '@portolan/core'
import { visibleLine } from '@portolan/netfilter'
import { type Look, plainLook } from '../../text/look.ts'
import { wrapLine } from '../../text/wrap-line.ts'

/** Thousands of mappings may be left out for the same reason. */
const longestList = 20

/**
 * The parts that a search for conflicts skipped, one line each. A long list is cut, unless the look shows every rule.
 * @internal
 */
export const printIncomplete = (
  incomplete: readonly IncompleteSearch[],
  { columns, rules }: Look = plainLook,
): readonly string[] => {
  const shown = rules ? incomplete : incomplete.slice(0, longestList)
  const hidden = incomplete.length - shown.length
  return incomplete.length === 0
    ? []
    : [
        ...shown.map((one) => `  ${visibleLine(sentenceOf(one))}`),
        ...(hidden > 0 ? [`  and ${hidden} more (--json lists them all)`] : []),
        '  portolan explain tells what becomes of any one of these packets.',
      ].flatMap((line) => wrapLine(line, columns, 6))
}

/**
 * One entry as a sentence.
 * @internal
 */
export const sentenceOf = ({ mapping, network, what, why }: IncompleteSearch): string =>
  `${mapping ?? (network === null ? 'host' : `network ${network}`)}: ${what}. ${why}`
