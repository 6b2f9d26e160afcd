import { defaultStateDirectory, type HeldBack, heldBackNow } from '@portolan/host'
import { PermissionError, type PortolanError } from '@portolan/netfilter'
import { isOutageCode } from '../../cluster/reported-faults.ts'
import type { Options } from '../options/option-table.ts'
import { usesFiles } from '../sources/read-facts.ts'

/** What a watch of the project holds back on this host; null: nothing, or this user may not know. */
export const heldBackOf = async (options: Options, project: string): Promise<HeldBack | null> => {
  if (usesFiles(options)) return null
  try {
    const [found = null] = await heldBackNow(options.state ?? defaultStateDirectory(), project)
    return found
  } catch (error) {
    if (error instanceof PermissionError) return null
    throw error
  }
}

export const heldBackText = ({ project, process, code, message }: HeldBack): string =>
  `project ${project} is held as it was by "portolan watch" (process ${process.pid}), which ${isOutageCode(code) ? 'cannot read whether its text is another one by now' : 'does not take what came later'}. ${message}`

/**
 * Collects what keeps a watch from the text that is wanted now: the text was not taken, or it cannot be read, or both.
 */
export const heldBackNotes = (
  write: (why: Pick<HeldBack, 'code' | 'message'> | null) => void,
): {
  untaken(why: PortolanError | null): void
  unread(why: PortolanError | null): void
  /** Writes the reason again, because what was written is lost. */
  again(): void
} => {
  let untaken: PortolanError | null = null
  let unread: PortolanError | null = null
  const note = (): void => {
    const first = untaken ?? unread
    const messages = [untaken, unread].flatMap((why) => (why === null ? [] : [why.message]))
    write(first === null ? null : { code: first.code, message: messages.join(' ') })
  }
  return {
    untaken: (why) => {
      untaken = why
      note()
    },
    unread: (why) => {
      unread = why
      note()
    },
    again: note,
  }
}
