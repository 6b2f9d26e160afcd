import { checkRuleset } from '@portolan/core/planning'
import type { Chain, Ruleset, Table } from '../model/ruleset.ts'
import { printCounters, printRule } from './rule/print-rule.ts'
import { printScript } from './script.ts'

/**
 * The format of a printed ruleset:
 * - `iptables-save`: the form of iptables-save; for a ruleset that was read, the same bytes. Tables are in the order
 *   of the ruleset, whatever their family.
 * - `iptables-restore`: one text that `iptables-restore --noflush` and `ip6tables-restore --noflush` both accept.
 * @public @since 0.1.0
 */
export type PrintFormat = 'iptables-save' | 'iptables-restore'

const zero = { packets: 0n, bytes: 0n }

const declaration = (chain: Chain): string =>
  `:${chain.name} ${chain.kind === 'user' ? '-' : (chain.policy ?? 'ACCEPT')} ${printCounters(chain.counters ?? zero)}`

const chainRules = (chain: Chain): readonly string[] =>
  chain.rules.map((rule) => {
    const counters = rule.counters === null ? '' : `${printCounters(rule.counters)} `
    const body = printRule(rule)
    return `${counters}-A ${chain.name}${body === '' ? '' : ` ${body}`}`
  })

const printTable = (table: Table): readonly string[] => [
  ...table.header,
  `*${table.name}`,
  ...table.chains.map(declaration),
  ...table.chains.flatMap(chainRules),
  'COMMIT',
]

/**
 * Writes a ruleset as text.
 *
 * @param ruleset - read by `parse`, or made by `compile`
 * @param format - see {@link PrintFormat}
 * @returns text that ends in a newline; an empty text for an empty ruleset
 * @example
 * print(parse(text), 'iptables-save') === text // for what iptables-save wrote
 * @public @since 0.1.0
 */
export const print = (ruleset: Ruleset, format: PrintFormat): string => {
  checkRuleset(ruleset)
  if (format === 'iptables-restore') return printScript(ruleset)
  const lines = [...ruleset.tables.flatMap(printTable), ...ruleset.trailer]
  return lines.map((line) => `${line}\n`).join('')
}
