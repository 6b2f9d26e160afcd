import type { Conflict } from 'portolan'

/** What is wrong, and what to do about it with the commands. */
export const conflictWords = ({
  message,
  remedy,
}: Conflict): { readonly message: string; readonly remedy: string } => ({
  message,
  remedy: [remedy.text, ...remedy.commands].join('\n'),
})
