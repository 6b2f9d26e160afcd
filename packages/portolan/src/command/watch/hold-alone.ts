import { holdProject, type Watcher } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'

/** A project that a watch holds. */
export interface LoneHold {
  /**
   * Aborted where another watch, which did not learn of this one, holds the project too. The reason is the error that
   * says so.
   */
  readonly taken: AbortSignal
  /**
   * Announces the hold to other processes again, where the announcement was lost. Where it cannot be announced, the
   * watch goes on, and the next look tries once more.
   * @returns was it lost, so that the other notes of the watch are lost as well?
   * @throws PortolanError `WATCHED`
   */
  keep(): Promise<boolean>
  end(): void
}

/** The hold of a watch that changes nothing. */
export const notHeld: LoneHold = {
  taken: new AbortController().signal,
  keep: async () => false,
  end: () => {},
}

/**
 * Holds a project for a watch, until the hold is ended.
 *
 * @throws PortolanError `WATCHED` that names the process which holds the project: each of two watches would undo what
 * the other one does
 */
export const holdAlone = async (directory: string, project: string): Promise<LoneHold> => {
  const hold = await holdProject(directory, project)
  if (hold.kind === 'busy') throw watched(hold.by, 'already', 'Nothing was changed.')
  const taken = new AbortController()
  return {
    taken: taken.signal,
    keep: async () => {
      const kept = await orNull(hold.keep)
      if (kept?.kind === 'busy') {
        const error = watched(kept.by, 'by now', 'What is in force stays.')
        taken.abort(error)
        throw error
      }
      return kept?.kind === 'again'
    },
    end: hold.end,
  }
}

/** @returns null: it could not be announced */
const orNull = async <Result>(tell: () => Promise<Result>): Promise<Result | null> => {
  try {
    return await tell()
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}

const watched = ({ project, process: { pid } }: Watcher, since: string, outcome: string): PortolanError =>
  new PortolanError(
    'WATCHED',
    `project ${project} is held by another "portolan watch" on this host ${since} (process ${pid}), and each of the two would undo what the other one puts into force. Stop that one first (kill ${pid}, or systemctl stop for a unit), or give the project of this one another name (\`name:\` in its text, or -p). ${outcome}`,
  )
