import { unseenInText } from './unseen.ts'

const longestMessage = 2000

/**
 * A message as it may be printed. Messages quote what was found: one line of a hostile file may have many megabytes, and
 * a name may have characters that act on a terminal or reverse the writing direction.
 */
export const printable = (message: string): string =>
  unseenInText(
    message.length <= longestMessage
      ? message
      : `${message.slice(0, longestMessage)}... (${message.length - longestMessage} characters more)`,
  )
