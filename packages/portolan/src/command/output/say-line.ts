import type { Terminal } from './terminal.ts'

/** Prints a sentence of the command itself on standard error. */
export const sayLine = (terminal: Pick<Terminal, 'say'>, sentence: string): void =>
  terminal.say(`portolan: ${sentence}`)
