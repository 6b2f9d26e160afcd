import type { DesiredMapping } from '@portolan/core'
import { from, to } from '../model/build.ts'
import type { Match } from '../model/option/match.ts'
import { addressLiteral, prefixLiteral } from './literals.ts'

/** Prefixes as matches, one for each; a single one that matches everything when everyone may. */
export const allowedSources = (mapping: DesiredMapping): readonly (readonly Match[])[] => {
  const prefixes = mapping.allowFrom?.map((prefix) => prefixLiteral(prefix, mapping.family)) ?? [null]
  return prefixes.includes(null)
    ? [[]]
    : prefixes.flatMap((prefix) => (prefix === null ? [] : [[from(prefix)]]))
}

/** May every source come in? */
export const isForEveryone = (mapping: DesiredMapping): boolean =>
  allowedSources(mapping).some((matches) => matches.length === 0)

/** A packet to one address, as matches. */
export const toHost = (address: string, mapping: DesiredMapping): readonly Match[] => {
  const prefix = prefixLiteral(addressLiteral(address, mapping.family), mapping.family)
  return prefix === null ? [] : [to(prefix)]
}
