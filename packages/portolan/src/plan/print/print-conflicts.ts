import type { Conflict } from '@portolan/core'
import { type Packet, visibleLine } from '@portolan/netfilter'
import { socketText } from '@portolan/netfilter/text'
import { type Look, plainLook } from '../../text/look.ts'
import { wrapCommand } from '../../text/wrap-command.ts'
import { wrapLine } from '../../text/wrap-line.ts'

/** A thousand ports that one rule drops should not hide the rest of the plan. */
const longestConflictList = 40

/**
 * Conflicts as lines for people, in the given order. A long list is cut, unless the look shows every rule.
 * @internal
 */
export const printConflicts = (conflicts: readonly Conflict[], look: Look = plainLook): readonly string[] => {
  const shown = look.rules ? conflicts : conflicts.slice(0, longestConflictList)
  const hidden = conflicts.length - shown.length
  return [
    ...shown.flatMap((conflict) => printConflict(conflict, look)),
    ...(hidden > 0 ? [`  and ${hidden} more (--json lists them all)`] : []),
  ]
}

/**
 * A packet as people write it: `tcp from 198.51.100.7:40000 by eth0 to 192.0.2.2:8080`.
 * @internal
 */
export const printWitness = ({
  protocol,
  source,
  sourcePort,
  destination,
  destinationPort,
  ...rest
}: Packet): string => {
  const from = source === null || source === undefined ? 'this host' : socketText(source, sourcePort)
  const by = rest.in === null || rest.in === undefined ? '' : ` by ${rest.in}`
  return `${protocol} from ${from}${by} to ${socketText(destination, destinationPort)}`
}

/** @internal */
export const printConflict = (
  conflict: Conflict,
  { style, columns }: Look = plainLook,
): readonly string[] => {
  const { severity, kind, message, witness, remedy } = conflict
  const paint = severity === 'error' ? style.red : severity === 'warning' ? style.yellow : style.dim
  const certainty = conflict.certainty === 'possible' ? ' (possible)' : ''
  const wrap = (text: string): readonly string[] => wrapLine(visibleLine(text), columns, 6)
  const [first = '', ...more] = wrap(`  ${severity}${certainty} ${kind}: ${message}`)
  return [
    // The colour is added after wrapping, so that it does not run on into the next line.
    `  ${paint(severity)}${first.slice(2 + severity.length)}`,
    ...more,
    ...(witness === null ? [] : wrap(`      For example: ${printWitness(witness)}`).map(style.dim)),
    ...wrap(`      What to do: ${remedy.text}`),
    ...remedy.commands.flatMap((command) => wrapCommand(visibleLine(command), columns, 8)),
  ]
}
