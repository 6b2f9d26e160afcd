import { readFile } from 'node:fs/promises'

/**
 * Legacy tables that are registered already: reading any other would register it.
 * @see NETFILTER.md section 7 (measured)
 * @internal
 */
export const registeredLegacyTables = async (): Promise<{
  readonly ip: readonly string[]
  readonly ip6: readonly string[]
}> => {
  const names = async (file: string): Promise<readonly string[]> => {
    try {
      return (await readFile(file, 'utf8')).split('\n').filter((name) => name !== '')
    } catch {
      return []
    }
  }
  return { ip: await names('/proc/net/ip_tables_names'), ip6: await names('/proc/net/ip6_tables_names') }
}
