import { visibleLine } from '@portolan/netfilter'
import type { Terminal } from './terminal.ts'

/** Says a sentence on one line: names in it come from the host and from files, and may hold control characters. */
export const sayLine = (terminal: Pick<Terminal, 'say'>, sentence: string): void =>
  terminal.say(visibleLine(`portolan: ${sentence}`))
