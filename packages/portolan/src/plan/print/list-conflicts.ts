import type { Conflict, Culprit } from '@portolan/core'
import { overFamily } from '@portolan/core/planning'
import { visibleLine } from '@portolan/netfilter'
import { plainStyle, type Style } from '../../text/style.ts'
import { grouped } from '../grouped.ts'

/** The most mappings and networks in a line. */
const mostNamed = 3

/**
 * Conflicts as a short list: one line for each kind and cause, with its mappings and networks. `printConflicts` and the
 * JSON have the examples, reasons and remedies.
 *
 * @param isOfOneFamily - the network of a conflict has one family, so the line does not name the family
 * @internal
 */
export const listConflicts = <One extends Conflict>(
  conflicts: readonly One[],
  isOfOneFamily: (conflict: One) => boolean,
  style: Style = plainStyle,
): readonly string[] => {
  const groups = grouped(conflicts, ({ severity, certainty, kind, culprit }) =>
    JSON.stringify([severity, certainty, kind, causeOf(culprit)]),
  )
  return [...groups.values()].map((group) => {
    const [{ severity, certainty, kind, culprit }] = group
    const paint = severity === 'error' ? style.red : severity === 'warning' ? style.yellow : style.dim
    const doubt = certainty === 'possible' ? ' (possible)' : ''
    return `${paint(severity)}${doubt} ${kind}${visibleLine(`${causeOf(culprit)}${subjectsOf(group, isOfOneFamily)}`)}`
  })
}

/** ` by iptables-nft filter FORWARD policy (docker)`: the shortest text by which the cause can be found. */
const causeOf = (culprit: Culprit | null): string => {
  if (culprit === null) return ''
  const { tool, table, chain, position, text, owner } = culprit
  const place =
    table === null
      ? text.startsWith(tool)
        ? text
        : `${tool} ${text}`
      : `${tool} ${table} ${chain} ${position}`
  return ` by ${place}${owner === null ? '' : ` (${owner})`}`
}

const subjectsOf = <One extends Conflict>(
  group: readonly One[],
  isOfOneFamily: (conflict: One) => boolean,
): string => {
  const names = [...new Set(group.flatMap((one) => subjectOf(one, isOfOneFamily(one)) ?? []))]
  if (names.length === 0) return ''
  const hidden = names.length - mostNamed
  return `: ${names.slice(0, mostNamed).join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`
}

/** The mapping or network of a conflict. The label of a mapping names its family already. */
const subjectOf = ({ mapping, network, witness }: Conflict, isOfOneFamily: boolean): string | null => {
  if (mapping !== null) return mapping
  if (network === null) return null
  return `network ${network}${witness === null || isOfOneFamily ? '' : overFamily(witness.family)}`
}
