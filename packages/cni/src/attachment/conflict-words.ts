import { visibleLine } from '@portolan/netfilter'
import type { Conflict } from 'portolan'

/** The words of a conflict: its message, and its remedy as a sentence with each command on a line of its own. */
export const conflictWords = ({
  message,
  remedy,
}: Conflict): { readonly message: string; readonly remedy: string } => ({
  message: visibleLine(message),
  remedy: [visibleLine(remedy.text), ...remedy.commands].join('\n'),
})
