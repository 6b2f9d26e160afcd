import type { NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import { checkArgument, checkOptions } from '@portolan/netfilter/schema'
import { rulesValue } from '../arguments/value-kinds.ts'
import type { Backend } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from './host-rules.ts'

/**
 * The rules of a host, as `evaluate` reads them. A table of iptables-nft is shown by both nft and iptables-nft-save,
 * and is taken once: as iptables-nft-save has it, for nft does not list what its extensions ask for. Where that was
 * not read, what nft lists of it takes part as unknown.
 *
 * @param options - `numberedAs`: rules by whose places foreign rules of iptables are known
 * @returns rulesets in their likely order of registration: nf_tables' tables as nft lists them, oldest first
 * @example
 * lowerRules(noRules).flatMap(({ tables }) => tables) // []
 * @public @since 0.1.0
 */
export const lowerRules = (
  rules: HostRules,
  options: { readonly numberedAs?: HostRules } = {},
): readonly NetfilterRuleset[] => {
  checkArgument(rules, rulesValue, 'the rules')
  checkOptions<typeof options>(options, { numberedAs: rulesValue }, 'the options of lowerRules')
  const { numberedAs } = options
  const lowered = (backend: Backend, known: readonly NetfilterTable[] = []): readonly NetfilterTable[] =>
    lowerOne(backend, rules, numberedAs, known)
  const saved = lowered('iptables-nft')
  // A file that is said to be of `iptables-save` may come from a host where that is the old one: its header tells.
  const isLegacy = ({ tool }: NetfilterTable): boolean => tool === 'iptables-legacy'
  const known = saved.filter((table) => !isLegacy(table))
  return [
    { tables: [...lowered('iptables-legacy'), ...saved.filter(isLegacy)] },
    { tables: lowered('nftables', known) },
  ]
}

const lowerOne = <One extends Backend>(
  backend: One,
  rules: RulesByBackend,
  numberedAs: RulesByBackend | undefined,
  known: readonly NetfilterTable[],
): readonly NetfilterTable[] => {
  const numbered = numberedAs === undefined ? {} : { numberedAs: numberedAs[backend] }
  return dialects[backend].lower(rules[backend], { known, ...numbered }).tables
}
