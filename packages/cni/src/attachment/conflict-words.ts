import { visibleLine } from '@portolan/netfilter'
import type { Conflict } from 'portolan'

/** What is wrong, and what to do about it: a sentence, and each command on a line of its own. */
export const conflictWords = ({
  message,
  remedy,
}: Conflict): { readonly message: string; readonly remedy: string } => ({
  message: visibleLine(message),
  remedy: [visibleLine(remedy.text), ...remedy.commands].join('\n'),
})
