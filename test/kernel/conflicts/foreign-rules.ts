import type { Machine } from '../../lab/machine.ts'

const saves = ['iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy'] as const

/** A table that has only accepting chains counts as none, because Portolan may have created it. */
const withoutEmptyTables = (saved: string): string => saved.replaceAll(/\*\w+\n(:\S+ ACCEPT\n)*COMMIT\n/g, '')

const rulesOf = (saved: string): string =>
  saved
    .split('\n')
    .filter((line) => !line.startsWith('#') && !line.includes('PORTOLAN'))
    .map((line) => line.replace(/^(:.*) \[\d+:\d+\]$/, '$1'))
    .join('\n')

/**
 * The foreign rules as text, without counters and without Portolan's rules. iptables-nft tables are read by
 * iptables-save.
 */
export const readForeignRules = async (host: Machine): Promise<string> => {
  const texts: string[] = []
  const tables = (await host.mustRun(['nft', '-s', '-a', 'list', 'tables'])).matchAll(/^table (\w+) (\S+)/gm)
  for (const [, family = '', name = ''] of tables) {
    if (name === 'portolan') continue
    const isIptables = /^ip6?$/.test(family) && /^(filter|nat|mangle|raw|security)$/.test(name)
    if (!isIptables) texts.push(await host.mustRun(['nft', '-s', '-a', 'list', 'table', family, name]))
  }
  for (const tool of saves) texts.push(withoutEmptyTables(rulesOf(await host.mustRun([`${tool}-save`]))))
  return texts.join('\n')
}
