import * as iptables from '@portolan/iptables'
import { families } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { insist, type Namespace } from './namespace.ts'

export type Variant = 'iptables-nft' | 'iptables-legacy'

const programs = { ip: 'iptables', ip6: 'ip6tables' } as const

/** The name of an iptables program, such as `ip6tables-nft-restore`. */
export const iptablesProgram = (variant: Variant, family: 'ip' | 'ip6', verb: 'save' | 'restore'): string =>
  variant.replace('iptables', programs[family]).concat(`-${verb}`)

/**
 * Loads the text with the programs of both families. Without `--noflush` each table is emptied before it is filled. So
 * one text may contain many rulesets, and each is loaded on an empty host.
 */
export const loadIptables = (
  namespace: Namespace,
  variant: Variant,
  text: string,
  args: readonly string[] = [],
): void => {
  for (const family of families) insist(namespace, iptablesProgram(variant, family, 'restore'), args, text)
}

/** All rules of the kernel, Portolan's and foreign ones. */
export const listIptables = (namespace: Namespace, variant: Variant): iptables.Ruleset =>
  iptables.mergeRulesets(
    ...families.map((family) => {
      const command = iptablesProgram(variant, family, 'save')
      return iptables.parse(insist(namespace, command, []), command, family)
    }),
  )

export const listNftables = (namespace: Namespace): nftables.Ruleset =>
  nftables.parse(insist(namespace, 'nft', ['-j', 'list', 'ruleset']), 'nft')

/** Deletes all rules. iptables-legacy's tables are emptied, because they cannot be deleted. */
export const clear = (namespace: Namespace): void => {
  insist(namespace, 'nft', ['flush', 'ruleset'])
  const tables = ['mangle', 'filter', 'nat'].map((table) => `*${table}\nCOMMIT\n`).join('')
  loadIptables(namespace, 'iptables-legacy', tables)
}
