import { readFile } from 'node:fs/promises'
import type { Family } from '@portolan/core'

/**
 * Legacy tables that are registered already: reading any other would register it.
 * @see NETFILTER.md section 7 (measured)
 * @internal
 */
export interface LegacyTables {
  readonly ip: readonly string[]
  readonly ip6: readonly string[]
  /** Families of which this user may not know: the kernel shows the names to root alone (mode 0440). */
  readonly hidden: readonly Family[]
}

/** Where the kernel names them, by family. */
export const legacyTableFiles: Readonly<Record<Family, string>> = {
  ip: '/proc/net/ip_tables_names',
  ip6: '/proc/net/ip6_tables_names',
}

/** @internal */
export const registeredLegacyTables = async (
  files: Readonly<Record<Family, string>> = legacyTableFiles,
): Promise<LegacyTables> => {
  const hidden: Family[] = []
  const names = async (family: Family): Promise<readonly string[]> => {
    try {
      return (await readFile(files[family], 'utf8')).split('\n').filter((name) => name !== '')
    } catch (error) {
      // A kernel without ip_tables has no such file, and no such rules.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') hidden.push(family)
      return []
    }
  }
  return { ip: await names('ip'), ip6: await names('ip6'), hidden }
}
