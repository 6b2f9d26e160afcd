import type { Snapshot } from '../../lab/snapshot.ts'

const ruleKeys = ['nft', 'iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy'] as const

/** Of nft's objects, one a line: those of our table, and of tables that a save file of iptables shows as well. */
const isForeign = (line: string): boolean => {
  if (/PORTOLAN|"(table|name)":"portolan"/.test(line)) return false
  return true
}

/** Tables that hold nothing but chains that accept are as good as none: we may have brought them into being. */
const withoutEmptyTables = (saved: string): string => saved.replaceAll(/\*\w+\n(:\S+ ACCEPT\n)*COMMIT\n/g, '')

const isIptablesTable = (line: string): boolean =>
  /"family":"ip6?"/.test(line) && /"(table|name)":"(filter|nat|mangle|raw|security)"/.test(line)

/** The rules of others, of all three kinds, as text to compare while ours are there too. */
export const foreignRules = (snapshot: Snapshot): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ruleKeys.map((key) => {
      const lines = (snapshot[key] ?? '').split('\n').filter(isForeign)
      // What iptables keeps in nft's tables is compared as iptables saves it: in nft's JSON its targets say nothing.
      return key === 'nft'
        ? [key, lines.filter((line) => !isIptablesTable(line)).join('\n')]
        : [key, withoutEmptyTables(lines.join('\n'))]
    }),
  )
