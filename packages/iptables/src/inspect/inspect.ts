import { programEnd, type Runner } from '@portolan/core'
import { type Family, families, InspectError, PermissionError } from '@portolan/netfilter'
import { isDenied, naming } from '../apply/failure.ts'
import type { Ruleset } from '../model/ruleset.ts'
import { program, type Variant } from '../model/variant.ts'
import { parse } from '../parse/parse.ts'

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
