import { readBesideWatches, writeBesideWatch } from './beside-watch.ts'
import type { LockHolder } from './lock-holder.ts'

/**
 * The desired state that a process holds a project to, by its sources.
 * @public @since 0.1.0
 */
export interface WatchedText {
  readonly project: string
  readonly process: LockHolder
  /** The key of etcd, as `etcd:///shop`, or the absolute paths of files. */
  readonly sources: readonly string[]
  /** Digests of the text as it was last read, and of the text in force. */
  readonly wishes: readonly string[]
  /**
   * How the files are read again: the options of the command, and the folder that it was started in; null: no files.
   */
  readonly reading: {
    readonly folder: string
    readonly options: Readonly<Record<string, string | string[]>>
  } | null
}

/**
 * Records which desired state this process holds a project to.
 *
 * @param text - null: the record is removed
 * @example
 * noteWatchedText('/var/lib/portolan', 'shop', null)
 * @public @since 0.1.0
 */
export const noteWatchedText = (
  stateDirectory: string,
  project: string,
  text: Pick<WatchedText, 'sources' | 'wishes' | 'reading'> | null,
): void => writeBesideWatch(stateDirectory, project, suffix, text)

const suffix = 'text.json'

/**
 * Reads which desired states the processes of this network namespace hold their projects to, as `noteWatchedText`
 * recorded it.
 *
 * @param project - null: every project
 * @throws PortolanError `LOCK`, `STATE`, PermissionError, MissingToolError
 * @example
 * for (const { sources } of await watchedTexts('/var/lib/portolan', 'shop')) console.log(sources)
 * @public @since 0.1.0
 */
export const watchedTexts = async (
  stateDirectory: string,
  project: string | null,
): Promise<readonly WatchedText[]> => {
  const found = await readBesideWatches<Partial<WatchedText>>(stateDirectory, project, suffix)
  return found.flatMap(({ watcher, value: { sources, wishes, reading = null } }) =>
    sources === undefined || wishes === undefined ? [] : [{ ...watcher, sources, wishes, reading }],
  )
}
