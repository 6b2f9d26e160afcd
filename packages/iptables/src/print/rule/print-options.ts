import type { ExtensionOption, Quoting } from '../../model/option/extension.ts'
import { quote, quoteAlways, quoteBlank } from '../quote.ts'

const quoted = (value: string, quoting: Quoting): string => {
  switch (quoting) {
    case 'bare':
      return quoteBlank(value)
    case 'if-needed':
      return quote(value)
    case 'always':
      return quoteAlways(value)
  }
}

/** A module or target with its options, in the words of iptables-save. */
export const printOptions = (head: string, options: readonly ExtensionOption[]): string => {
  let text = head
  for (const { name, negated, values, quoting } of options) {
    text += `${negated ? ' !' : ''} --${name}`
    for (const value of values) text += ` ${quoted(value, quoting)}`
  }
  return text
}
