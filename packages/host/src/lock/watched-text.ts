import { readBesideWatches, writeBesideWatch } from './beside-watch.ts'
import type { LockHolder } from './lock-holder.ts'

/**
 * What a process that holds a project goes by.
 * @public @since 0.1.0
 */
export interface WatchedText {
  readonly project: string
  readonly process: LockHolder
  /** The key of etcd, as `etcd:///shop`, or the absolute paths of files. */
  readonly sources: readonly string[]
  /** Digests of what the text said when it was read last, and of what is in force. */
  readonly wishes: readonly string[]
  /** How files are read again, as the options of the command and the folder that it was started in; null: no files. */
  readonly reading: {
    readonly folder: string
    readonly options: Readonly<Record<string, string | string[]>>
  } | null
}

/**
 * Tells other processes what this one, which holds a project, goes by.
 *
 * @param text - null: nothing any more
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
 * What the processes that hold projects of this network namespace go by, as `noteWatchedText` wrote it down.
 *
 * @param project - null: of every project
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
