import type { NetfilterChain, NetfilterRule, NetfilterTable } from '../model/index.ts'
import { ownerOf } from '../owner/index.ts'
import type { RulePlace } from './anomaly.ts'

/** The place of a rule, and its owner. */
export const placeOf = (table: NetfilterTable, chain: NetfilterChain, rule: NetfilterRule): RulePlace => {
  const { tool, family, position, handle, text } = rule.source
  return {
    tool,
    family,
    table: table.name,
    chain: chain.name,
    position,
    handle,
    text,
    owner: ownerOf(table, chain, rule),
    ...(table.owned === true ? { owned: true } : {}),
  }
}
