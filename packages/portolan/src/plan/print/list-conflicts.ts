import type { Conflict, Culprit } from '@portolan/core'
import { visibleLine } from '@portolan/netfilter'
import { plainStyle, type Style } from '../../text/style.ts'
import { grouped } from '../grouped.ts'

/** So many mappings and networks are named in a line. */
const mostNamed = 3

/**
 * Conflicts as a short list: a line for each kind and cause, with the mappings and networks that it concerns. Examples,
 * reasons and remedies are in `printConflicts` and in the JSON.
 * @internal
 */
export const listConflicts = (
  conflicts: readonly Conflict[],
  style: Style = plainStyle,
): readonly string[] => {
  const groups = grouped(conflicts, ({ severity, certainty, kind, culprit }) =>
    JSON.stringify([severity, certainty, kind, causeOf(culprit)]),
  )
  return [...groups.values()].map((group) => {
    const [{ severity, certainty, kind, culprit }] = group
    const paint = severity === 'error' ? style.red : severity === 'warning' ? style.yellow : style.dim
    const doubt = certainty === 'possible' ? ' (possible)' : ''
    return `${paint(severity)}${doubt} ${kind}${visibleLine(`${causeOf(culprit)}${subjectsOf(group)}`)}`
  })
}

/** ` by iptables-nft filter FORWARD policy (docker)`, as short as it can still be found. */
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

const subjectsOf = (group: readonly Conflict[]): string => {
  const names = [
    ...new Set(
      group.flatMap(({ mapping, network }) => mapping ?? (network === null ? [] : `network ${network}`)),
    ),
  ]
  if (names.length === 0) return ''
  const hidden = names.length - mostNamed
  return `: ${names.slice(0, mostNamed).join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`
}
