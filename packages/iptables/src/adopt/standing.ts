import { type Family, families } from '@portolan/netfilter'
import { ours } from '../compile/ours.ts'
import type { Ruleset } from '../model/ruleset.ts'

/**
 * The families in which a built-in chain of the nat table leads to our chains. That table holds destination NAT and
 * masquerading.
 */
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
