import { programEnd, type Runner } from '@portolan/core'
import { type Family, families, InspectError, MissingToolError, PermissionError } from '@portolan/netfilter'
import { parse } from '../parse/parse.ts'
import type { Ruleset } from '../ruleset/ruleset.ts'
import { program, type Variant } from './variant.ts'

/** @public @since 0.1.0 */
export interface InspectOptions {
  /**
   * The tables that ip_tables has registered in this network namespace: the lines of /proc/net/ip_tables_names
   * and ip6_tables_names. Needed for `iptables-legacy`, where a family without any is not asked at all.
   */
  readonly legacyTables?: Readonly<Record<Family, readonly string[]>>
  /** Read the packet and byte counters of every rule too. */
  readonly counters?: boolean
}

/** iptables-legacy-restore gives no reason when it may not open its raw socket (iptables/iptables-restore.c). */
const denied = /permission denied|operation not permitted|you must be root|unable to initialize table/i

/** Whether a program's words say that a privilege is missing. */
export const isDenied = (stderr: string): boolean => denied.test(stderr) && !isOwned(stderr)

/**
 * One step of a restore was refused: `line 2: CHAIN_USER_ADD failed (Operation not permitted): chain X`. Its table has
 * `flags owner`, and is another program's alone (nft(8)). Without CAP_NET_ADMIN iptables-nft comes to no step.
 */
export const isOwned = (stderr: string): boolean =>
  /\b[A-Z_]+ failed \(Operation not permitted\)/.test(stderr)

/** Says which Debian package to install, where the runner only knew which program was missing. */
export const naming = async <T>(run: Promise<T>): Promise<T> => {
  try {
    return await run
  } catch (error) {
    if (error instanceof MissingToolError && error.package !== 'iptables') {
      throw new MissingToolError(error.tool, 'iptables', { cause: error })
    }
    throw error
  }
}

/**
 * Reads the rules of one variant, of both families, foreign ones included. Nothing is created by it: only the
 * plain form of the `*-save` programs is run, which registers no table.
 *
 * @returns tables of IPv4, then of IPv6; a family without tables has none
 * @throws MissingToolError, PermissionError, InspectError, ParseError
 * @example
 * const actual = await inspect(runner, 'iptables-nft')
 * @public @since 0.1.0
 */
export const inspect = async (
  runner: Runner,
  variant: Variant,
  options: InspectOptions = {},
): Promise<Ruleset> => {
  const tables: Ruleset['tables'][number][] = []
  const trailer: string[] = []
  for (const family of families) {
    const registered = options.legacyTables?.[family]
    if (variant === 'iptables-legacy' && (registered ?? []).length === 0) continue
    const command = program(variant, family, 'save')
    const result = await naming(runner.run(command, options.counters === true ? ['-c'] : []))
    if (result.exitCode !== 0) {
      const { exitCode, stderr } = result
      if (isDenied(stderr)) {
        throw new PermissionError(
          `${command} may not read the rules: run this as root, or with CAP_NET_ADMIN.`,
          'CAP_NET_ADMIN',
        )
      }
      throw new InspectError(`${command} failed: ${programEnd(result)}. Run it by hand to see more.`, {
        command,
        exitCode,
        stderr,
      })
    }
    const read = parse(result.stdout, command, family)
    if (variant === 'iptables-legacy' && read.tables.length === 0) {
      // It exits with 0 and prints nothing when it cannot open a raw socket.
      throw new PermissionError(
        `${command} printed none of the tables ${registered?.join(', ')}: run this as root, or with CAP_NET_ADMIN and CAP_NET_RAW.`,
        'CAP_NET_ADMIN',
      )
    }
    tables.push(...read.tables)
    trailer.push(...read.trailer)
  }
  return { tables, trailer }
}
