import * as iptables from '@portolan/iptables'
import type { NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import type { HostRules } from './host-rules.ts'

/**
 * The rules of a host, as `evaluate` reads them. A table of iptables-nft is shown by both nft and iptables-nft-save,
 * and is taken once: as iptables-nft-save has it, for nft does not list what its extensions ask for. Where that was
 * not read, what nft lists of it takes part as unknown.
 *
 * @param options - rulesets by whose places rules of iptables are known
 * @returns rulesets in their likely order of registration: nf_tables' tables as nft lists them, oldest first
 * @example
 * lowerRules(noRules).flatMap(({ tables }) => tables) // []
 * @public @since 0.1.0
 */
export const lowerRules = (
  rules: HostRules,
  options: Pick<iptables.LowerOptions, 'numberedAs'> = {},
): readonly NetfilterRuleset[] => {
  const legacy = iptables.lower(rules['iptables-legacy'], { ...options, tool: 'iptables-legacy' }).tables
  // A file that is said to be of `iptables-save` may come from a host where that is the old one: its header tells.
  const saved = iptables.lower(rules['iptables-nft'], options).tables
  const isLegacy = ({ tool }: NetfilterTable): boolean => tool === 'iptables-legacy'
  return [
    { tables: [...legacy, ...saved.filter(isLegacy)] },
    {
      tables: mergeTables(
        rules.nftables,
        saved.filter((table) => !isLegacy(table)),
      ),
    },
  ]
}

const keyOf = ({ family, name }: { readonly family: string; readonly name: string }): string =>
  `${family} ${name}`

const mergeTables = (
  listed: nftables.Ruleset,
  saved: readonly NetfilterTable[],
): readonly NetfilterTable[] => {
  const byKey = new Map(saved.map((table) => [keyOf(table), table]))
  // A table with a name of iptables' that was made with nft: iptables-nft-save may show a part of it.
  const foreign = new Set(listed.tables.filter((table) => !nftables.isIptablesTable(table)).map(keyOf))
  const isReadElsewhere = (table: nftables.Table): boolean =>
    !foreign.has(keyOf(table)) && byKey.has(keyOf(table))
  const own = nftables.lower(listed, { readElsewhere: isReadElsewhere })
  const lowered = new Map(own.tables.map((table) => [keyOf(table), table]))
  const names = new Set(listed.tables.map(keyOf))
  return [
    ...saved.filter((table) => !names.has(keyOf(table))),
    ...[...names].flatMap((name) => lowered.get(name) ?? byKey.get(name) ?? []),
  ]
}
