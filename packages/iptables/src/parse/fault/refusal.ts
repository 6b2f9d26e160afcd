import { type Family, ParseError } from '@portolan/netfilter'

/** The line of a rule, for an error. */
export interface RefusedLine {
  readonly source: string
  readonly family: Family
  /** Counted from 1. */
  readonly line: number
  readonly text: string
}

/**
 * The error for a line that `iptables-restore` refuses on every host.
 *
 * @param start - the offset of the fault in the line
 * @param fault - a clause: what is wrong, and what to write instead
 */
export const refusal = (
  { source, family, line, text }: RefusedLine,
  start: number,
  fault: string,
): ParseError =>
  new ParseError(
    `${family === 'ip' ? 'iptables' : 'ip6tables'}-restore refuses this line: ${fault}${fault.endsWith('?') ? '' : '.'}`,
    { source, line, column: start + 1 },
    text,
  )
