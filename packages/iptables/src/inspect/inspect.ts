import { lackOf, type NamedTable, type Runner, type RunResult } from '@portolan/core'
import { type Family, families, PermissionError } from '@portolan/netfilter'
import {
  checkOptions,
  flagValue,
  listValue,
  nullOr,
  type OptionKinds,
  objectValue,
} from '@portolan/netfilter/schema'
import { isDenied, listFailure, naming } from '../apply/failure.ts'
import type { Ruleset } from '../model/ruleset.ts'
import { program, type Variant } from '../model/variant.ts'
import { parse } from '../parse/parse.ts'
import { tablesLeftOut, tablesListed, type UnprintedTable, unprintedError } from './unprinted-tables.ts'

/** @public @since 0.1.0 */
export interface InspectOptions {
  /**
   * The tables that ip_tables has registered in this network namespace: the lines of /proc/net/ip_tables_names and
   * ip6_tables_names. Needed for `iptables-legacy`, where no program runs for a family without tables.
   */
  readonly legacyTables?: Readonly<Record<Family, readonly string[]>>
  /**
   * The tables of nf_tables in this network namespace. With them, `iptables-nft` does not run for a family without
   * tables that it prints.
   */
  readonly nftTables?: readonly NamedTable[] | null
  /** Also read the packet and byte counters of every rule. */
  readonly counters?: boolean
}

const optionKinds: OptionKinds<InspectOptions> = {
  legacyTables: objectValue('names of tables by family, such as { ip: ["nat"], ip6: [] }', {
    ip: 'list',
    ip6: 'list',
  }),
  nftTables: nullOr(listValue('a list of tables', objectValue('a table', { name: 'text' }).holds)),
  counters: flagValue,
}

/**
 * Reads the rules of one variant in both families, foreign rules included. The reading creates nothing: only the plain
 * form of the `*-save` programs runs, which registers no table.
 *
 * @returns tables of IPv4, then of IPv6; a family without tables has none
 * @throws MissingToolError, PermissionError, ParseError
 * @throws InspectError also where nft wrote a rule into a table of iptables-nft that iptables-nft cannot print
 * @example
 * const actual = await inspect(runner, 'iptables-nft')
 * @public @since 0.1.0
 */
export const inspect = async (
  runner: Runner,
  variant: Variant,
  options: InspectOptions = {},
): Promise<Ruleset> => {
  checkOptions<InspectOptions>(options, optionKinds, 'the options of inspect')
  const { rules, unprinted } = await inspectPrinted(runner, variant, options)
  const [first] = unprinted
  if (first !== undefined) throw unprintedError(unprinted, program(variant, first.family, 'save'))
  return rules
}

/** The names of the tables of iptables-nft (iptables/nft.c `xtables_ipv4`). */
const builtinTables = ['raw', 'mangle', 'nat', 'filter', 'security']

const mayPrint = (tables: readonly NamedTable[] | null, family: Family): boolean =>
  tables === null || tables.some((one) => one.family === family && builtinTables.includes(one.name))

/**
 * The same as `inspect`, except that tables the program cannot print are returned by name instead of an error.
 * @internal
 */
export const inspectPrinted = async (
  runner: Runner,
  variant: Variant,
  options: InspectOptions = {},
): Promise<{ readonly rules: Ruleset; readonly unprinted: readonly UnprintedTable[] }> => {
  const tables: Ruleset['tables'][number][] = []
  const trailer: string[] = []
  const unprinted: UnprintedTable[] = []
  const words = options.counters === true ? ['-c'] : []
  const saved = families.flatMap((family) => {
    const registered = options.legacyTables?.[family]
    if (variant === 'iptables-legacy' && (registered ?? []).length === 0) return []
    if (variant === 'iptables-nft' && !mayPrint(options.nftTables ?? null, family)) return []
    const command = program(variant, family, 'save')
    // Both programs run at once, and the error of the first family is thrown.
    const running = naming(runner.run(command, words))
    running.catch(() => {})
    return [{ family, registered, command, running }]
  })
  for (const { family, registered, command, running } of saved) {
    const result = await running
    if (result.exitCode !== 0) {
      const apart = variant === 'iptables-nft' ? await saveApart(runner, family, words, result) : null
      if (apart === null) throw listFailure(command, result)
      for (const text of apart.printed) tables.push(...parse(text, command, family).tables)
      unprinted.push(...apart.unprinted)
      continue
    }
    const read = parse(result.stdout, command, family)
    if (variant === 'iptables-legacy' && read.tables.length === 0) {
      // The program exits with 0 and prints nothing when it cannot open a raw socket.
      throw new PermissionError(
        `${command} printed none of the tables ${registered?.join(', ')}: run this as root, or with CAP_NET_ADMIN and CAP_NET_RAW.`,
        'CAP_NET_ADMIN',
      )
    }
    tables.push(...read.tables)
    trailer.push(...read.trailer)
    if (variant === 'iptables-nft') unprinted.push(...tablesLeftOut(family, result.stdout))
  }
  return { rules: { tables, trailer }, unprinted }
}

/**
 * Prints the tables of iptables-nft one by one, after the program failed in the middle of one. The other tables can
 * still be read.
 *
 * @returns null where no single table makes the program fail
 */
const saveApart = async (
  runner: Runner,
  family: Family,
  words: readonly string[],
  result: RunResult,
): Promise<{ readonly printed: readonly string[]; readonly unprinted: readonly UnprintedTable[] } | null> => {
  // The program may fail in any table if the host lacks memory, for example. It is not the table's fault then.
  if (isDenied(result.stderr) || lackOf(result) !== null) return null
  const listed = await tablesListed(runner, family)
  if (listed === null) return null
  const printed: string[] = []
  const unprinted: UnprintedTable[] = []
  for (const name of listed) {
    const command = program('iptables-nft', family, 'save')
    const one = await runner.run(command, [...words, '-t', name])
    if (lackOf(one) !== null) throw listFailure(command, one)
    const { exitCode, stdout } = one
    const leftOut = tablesLeftOut(family, stdout)
    if (exitCode !== 0) unprinted.push({ family, name })
    else if (leftOut.length > 0) unprinted.push(...leftOut)
    else printed.push(stdout)
  }
  return unprinted.length === 0 ? null : { printed, unprinted }
}
