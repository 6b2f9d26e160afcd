import type { Family } from '@portolan/netfilter'
import type { ExtensionOption } from '../../model/option/extension.ts'
import type { Grammar, OptionGrammar } from './grammar.ts'

/** An option as it was written. */
export interface WrittenOption {
  readonly option: OptionGrammar
  readonly negated: boolean
  readonly values: readonly string[]
  /** The offset of the first value in the line, from 0. */
  readonly start: number
}

const readValues = (written: WrittenOption, family: Family): readonly string[] | null => {
  const { values: readers, optional } = written.option
  if (optional && written.values.length === 0) return []
  if (readers.length !== written.values.length) return null
  const values: string[] = []
  for (const [index, reader] of readers.entries()) {
    const value = reader(written.values[index] ?? '', family)
    if (value === null) return null
    values.push(value)
  }
  return values
}

const isSilent = (given: ExtensionOption, grammar: Grammar): boolean =>
  !given.negated && grammar.byName.get(given.name)?.silent === given.values.join(' ')

/**
 * Reads options into the form in which the kernel lists them.
 *
 * @returns null when iptables would refuse one of them; then none is understood
 */
export const readOptions = (
  grammar: Grammar,
  written: readonly WrittenOption[],
  family: Family,
): readonly ExtensionOption[] | null => {
  const options: ExtensionOption[] = []
  for (const one of written) {
    const { name, negatable, quoting } = one.option
    if (one.negated && !negatable) return null
    if (!grammar.repeats && options.some((known) => known.name === name)) return null
    const values = readValues(one, family)
    if (values === null) return null
    options.push({ name, negated: one.negated, values, quoting })
  }
  for (const { name, required } of grammar.options) {
    if (required && !options.some((option) => option.name === name)) return null
  }
  const settled = grammar.settle(options, family)
  if (settled === null || grammar.repeats) return settled
  const rank = (option: ExtensionOption): number => grammar.rank.get(option.name) ?? 0
  return settled.filter((option) => !isSilent(option, grammar)).sort((a, b) => rank(a) - rank(b))
}
