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

/** A module or target with its options, as iptables-save prints them. */
export const printOptions = (head: string, options: readonly ExtensionOption[]): string => {
  let text = head
  for (const { name, negated, values, quoting } of options) {
    text += `${negated ? ' !' : ''} --${name}`
    for (const value of values) text += ` ${quoted(value, quoting)}`
  }
  return text
}
