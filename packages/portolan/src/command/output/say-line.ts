import type { Terminal } from './terminal.ts'

/** Says a sentence of the command itself. */
export const sayLine = (terminal: Pick<Terminal, 'say'>, sentence: string): void =>
  terminal.say(`portolan: ${sentence}`)
