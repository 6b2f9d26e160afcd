// Only in iptables: nft may write rules into a table of iptables-nft that iptables-nft cannot print.
import { lackOf, type Runner } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { InspectError, MissingToolError } from '@portolan/netfilter'
import { listFailure } from '../apply/failure.ts'
import { builtInChains } from '../model/chain/built-in.ts'
import { prefix } from '../model/object-name.ts'

/** A table of iptables-nft with a rule that iptables-nft cannot print. The program shows nothing of such a table. */
export interface UnprintedTable {
  readonly family: Family
  readonly name: string
}

/**
 * The comment that iptables-save prints for such a table, with exit code 0 (iptables/nft.c
 * `nft_assert_table_compatible` and `nft_is_table_compatible`).
 */
const incompatible = /^# Table `(\w+)' is incompatible, use 'nft' tool\.$/gm

/** The tables that `iptables-nft-save` left out of its output. */
export const tablesLeftOut = (family: Family, saved: string): readonly UnprintedTable[] =>
  [...saved.matchAll(incompatible)].flatMap(([, name]) => (name === undefined ? [] : [{ family, name }]))

/**
 * The tables of one family, as nft lists them, whose names iptables uses. `iptables-nft-save -t` would print a table
 * even if it is absent.
 *
 * @returns null where nft does not list them
 */
export const tablesListed = async (runner: Runner, family: Family): Promise<readonly string[] | null> => {
  const listed = await runNft(runner, ['list', 'tables', family])
  if (listed === null) return null
  return [...listed.matchAll(/^table \w+ (\S+)$/gm)].flatMap(([, name = '']) =>
    Object.hasOwn(builtInChains, name) ? [name] : [],
  )
}

/** May the table hold a chain or a jump of ours? True where nft cannot tell. */
export const mayHoldOurs = async (runner: Runner, { family, name }: UnprintedTable): Promise<boolean> => {
  const listed = await runNft(runner, ['-t', 'list', 'table', family, name])
  return listed === null || listed.includes(prefix)
}

const runNft = async (runner: Runner, words: readonly string[]): Promise<string | null> => {
  try {
    const result = await runner.run('nft', words)
    if (result.exitCode === 0) return result.stdout
    if (lackOf(result) !== null) throw listFailure(`nft ${words.join(' ')}`, result)
    return null
  } catch (error) {
    if (error instanceof MissingToolError) return null
    throw error
  }
}

const named = (tables: readonly UnprintedTable[]): string =>
  tables.map(({ family, name }) => `${family} ${name}`).join(' and ')

/** The error for tables whose rules must be known. */
export const unprintedError = (tables: readonly UnprintedTable[], command: string): InspectError => {
  const [{ family, name } = { family: 'ip', name: 'filter' }] = tables
  const many = tables.length > 1
  return new InspectError(
    `${many ? 'Tables' : 'Table'} ${named(tables)} ${many ? 'hold' : 'holds'} rules that nft wrote and ${command} cannot print, so Portolan's own rules there cannot be read. List ${many ? 'each' : 'the table'} with "nft -a list table ${family} ${name}", move the rules that iptables did not write to a table of their own (nft(8)), and run this again.`,
    { command, exitCode: 0, stderr: '' },
  )
}

/** The note for tables whose rules are not needed. */
export const unprintedNote = (tables: readonly UnprintedTable[]): string =>
  `${tables.length > 1 ? 'Tables' : 'Table'} ${named(tables)} of iptables-nft: read as nft lists ${tables.length > 1 ? 'them' : 'it'}, since iptables-nft-save cannot print a rule that nft wrote there.`
