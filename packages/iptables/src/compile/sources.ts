import type { DesiredMapping } from '@portolan/core'
import { from, to } from '../model/build.ts'
import type { Match } from '../model/option/match.ts'
import { addressLiteral, prefixLiteral } from './literals.ts'

/** The allowed sources as matches, one list for each prefix; a single empty list when every source is allowed. */
export const allowedSources = (mapping: DesiredMapping): readonly (readonly Match[])[] => {
  const prefixes = mapping.allowFrom?.map((prefix) => prefixLiteral(prefix, mapping.family)) ?? [null]
  return prefixes.includes(null)
    ? [[]]
    : prefixes.flatMap((prefix) => (prefix === null ? [] : [[from(prefix)]]))
}

/** Is every source allowed? */
export const isForEveryone = (mapping: DesiredMapping): boolean =>
  allowedSources(mapping).some((matches) => matches.length === 0)

/** The matches for packets to one address. */
export const toHost = (address: string, mapping: DesiredMapping): readonly Match[] => {
  const prefix = prefixLiteral(addressLiteral(address, mapping.family), mapping.family)
  return prefix === null ? [] : [to(prefix)]
}
