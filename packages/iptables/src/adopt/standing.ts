import { type Family, families } from '@portolan/netfilter'
import { ours } from '../compile/ours.ts'
import type { Ruleset } from '../model/ruleset.ts'

/** The families in which, where destination NAT and masquerading live, something leads to our chains. */
export const standingFamilies = (ruleset: Ruleset): readonly Family[] => {
  const { tables } = ours(ruleset)
  return families.filter((family) =>
    tables.some(
      (table) =>
        table.family === family &&
        table.name === 'nat' &&
        table.chains.some(({ kind }) => kind === 'built-in'),
    ),
  )
}
