import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Family } from '@portolan/netfilter'
import { parse, print, type Rule, type Ruleset } from '../../src/index.ts'

/** A rule as a user writes it, and as the kernel lists it. */
export interface WrittenRule {
  readonly family: Family
  readonly table: string
  readonly chain: string
  readonly written: string
  readonly listed: string
}

const file = join(import.meta.dirname, '../fixtures/written-rules.txt')

/** Every line of the fixture. */
export const writtenRules = (): readonly WrittenRule[] => {
  const rules: WrittenRule[] = []
  let place: Omit<WrittenRule, 'written' | 'listed'> = { family: 'ip', table: '', chain: '' }
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, family, table = '', chain = ''] = /^\[(\S+) (\S+) (\S+)\]$/.exec(line) ?? []
    if (family === 'ip' || family === 'ip6') place = { family, table, chain }
    else if (line !== '' && !line.startsWith('#')) {
      const [written = '', listed = ''] = line.split(/ =>(?: |$)/)
      rules.push({ ...place, written, listed: listed === '=' ? written : listed })
    }
  }
  return rules
}

/** A table of one built-in chain, and a chain MINE. */
export const tableText = (table: string, chain: string, rules: readonly string[]): string =>
  [
    `*${table}`,
    `:${chain} ACCEPT [0:0]`,
    ':MINE - [0:0]',
    ...rules.map((rule) => `-A ${chain} ${rule}`.trimEnd()),
    'COMMIT',
    '',
  ].join('\n')

/** The rules of a listing, without chains. */
export const listedRules = (listing: string): readonly string[] =>
  listing
    .split('\n')
    .filter((line) => line.startsWith('-A'))
    .map((line) => line.replace(/^-A \S+ ?/, ''))

export const readTable = (
  table: string,
  chain: string,
  rules: readonly string[],
  family: Family = 'ip',
): Ruleset => parse(tableText(table, chain, rules), 'rules.txt', family)

/** The listing of one rule. */
export const listed = (rule: string, table = 'filter', chain = 'INPUT', family: Family = 'ip'): string =>
  listedRules(print(readTable(table, chain, [rule], family), 'iptables-save')).join('\n')

/** The parsed form of one rule. */
export const readRule = (rule: string, table = 'filter', chain = 'INPUT', family: Family = 'ip'): Rule => {
  const [first] = readTable(table, chain, [rule], family).tables.flatMap((one) =>
    one.chains.flatMap(({ rules }) => rules),
  )
  if (first === undefined) throw new Error(`no rule in ${rule}`)
  return first
}

/** The texts of the matches and targets of a ruleset that were kept as opaque. */
export const opaqueTexts = (ruleset: Ruleset): readonly string[] =>
  ruleset.tables
    .flatMap((table) => table.chains.flatMap((chain) => chain.rules))
    .flatMap(({ matches, target }) => [...matches, ...(target === null ? [] : [target])])
    .flatMap((node) => (node.kind === 'opaque' ? [node.text] : []))
