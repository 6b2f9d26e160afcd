import type { Runner } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { type Family, families, MissingToolError, PermissionError } from '@portolan/netfilter'
import { type LegacyTables, legacyTableFiles, legacyTablesOf } from './legacy-tables.ts'

/** The rules of iptables-legacy, as far as they could be read. */
export interface LegacyRules {
  readonly rules: iptables.Ruleset
  /** Sentences for people. */
  readonly unread: readonly string[]
  /** Families that may have rules which are not in `rules`. */
  readonly hidden: readonly Family[]
}

const familyNames: Readonly<Record<Family, string>> = { ip: 'IPv4', ip6: 'IPv6' }

/** Says of which rules nothing is known, and what that means for what is told. */
export const sayHidden = (hidden: readonly Family[]): string =>
  `The iptables-legacy rules of ${hidden.map((family) => familyNames[family]).join(' and ')}, if there are any, could not be read: only root may read ${hidden.map((family) => legacyTableFiles[family]).join(' and ')}. What they do to packets is not known, so what is told of packets is only possible. Run this as root.`

/**
 * Reads the rules of iptables-legacy, which filter beside those of nf_tables. What could not be read is named.
 *
 * @throws InspectError, ParseError
 * @internal
 */
export const readLegacyRules = async (
  runner: Runner,
  readTables: () => Promise<LegacyTables> = () => legacyTablesOf(runner),
): Promise<LegacyRules> => {
  const legacyTables = await readTables()
  const { hidden } = legacyTables
  try {
    const rules = await iptables.inspect(runner, 'iptables-legacy', { legacyTables })
    return { rules, hidden, unread: hidden.length === 0 ? [] : [sayHidden(hidden)] }
  } catch (error) {
    // The program is only run where tables are registered, so where it is missing there may be rules all the same.
    if (!(error instanceof PermissionError || error instanceof MissingToolError)) throw error
    return {
      rules: iptables.emptyRuleset,
      hidden: families,
      unread: [
        `The iptables-legacy rules could not be read, so what is told of packets is only possible: ${error.message}`,
      ],
    }
  }
}

/**
 * The same where they have to be known, since they are about to be changed.
 *
 * @throws PermissionError, MissingToolError, InspectError, ParseError
 * @internal
 */
export const requireLegacyRules = async (
  runner: Runner,
  readTables: () => Promise<LegacyTables> = () => legacyTablesOf(runner),
): Promise<iptables.Ruleset> => {
  const legacyTables = await readTables()
  const { hidden } = legacyTables
  if (hidden.length > 0)
    throw new PermissionError(
      `Cannot read the iptables-legacy rules: only root may read ${hidden.map((family) => legacyTableFiles[family]).join(' and ')}. Run this as root, or with "sudo".`,
      'CAP_DAC_READ_SEARCH',
    )
  return iptables.inspect(runner, 'iptables-legacy', { legacyTables })
}
