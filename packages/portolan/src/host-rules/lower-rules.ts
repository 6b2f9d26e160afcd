import type { NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import { checkArgument, checkOptions } from '@portolan/netfilter/schema'
import { rulesValue } from '../arguments/value-kinds.ts'
import type { Backend } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from './host-rules.ts'

/**
 * Translates the rules of a host into the model that `evaluate` reads. nft and iptables-nft-save both show a table of
 * iptables-nft, and the table is taken once. The text of iptables-nft-save is taken, because nft does not list the
 * conditions of iptables extensions. If that text was not read, nft's listing of the table takes part as unknown.
 *
 * @param options - `numberedAs`: the rules of the host, if `rules` are planned ones. Foreign rules of iptables keep the
 * positions that they have there.
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
  // Text that was named as that of `iptables-save` may come from a host where that program is the legacy variant. The
  // header of the text tells.
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
