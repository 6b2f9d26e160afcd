import { ApplyError, InspectError, PortolanError } from '@portolan/netfilter'
import type { Terminal } from './terminal.ts'

/** Where errors are said. */
export type ErrorTerminal = Pick<Terminal, 'say' | 'sayLines'>

/** What another program said has lines of its own. */
const quotesLines = (error: unknown): boolean =>
  error instanceof ApplyError || error instanceof InspectError || !(error instanceof PortolanError)

/**
 * Says a text that has the message of an error in it: on one line, but for what another program said.
 *
 * @param text - the message, or sentences around it
 */
export const sayError = (terminal: ErrorTerminal, error: unknown, text: string): void => {
  const told = `portolan: ${text}`
  if (quotesLines(error)) terminal.sayLines(told)
  else terminal.say(told)
}
