import { ApplyError, InspectError, PortolanError } from '@portolan/netfilter'
import type { Terminal } from './terminal.ts'

/** The part of a terminal that prints errors. */
export type ErrorTerminal = Pick<Terminal, 'say' | 'sayLines'>

/** Does the message quote another program? Then its lines are kept. */
const quotesLines = (error: unknown): boolean =>
  error instanceof ApplyError || error instanceof InspectError || !(error instanceof PortolanError)

/**
 * Prints a text that contains the message of an error. It is printed on one line, except where it quotes another
 * program.
 *
 * @param text - the message, or sentences around it
 */
export const sayError = (terminal: ErrorTerminal, error: unknown, text: string): void => {
  const line = `portolan: ${text}`
  if (quotesLines(error)) terminal.sayLines(line)
  else terminal.say(line)
}
