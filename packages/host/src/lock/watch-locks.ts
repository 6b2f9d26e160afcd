import { createHash } from 'node:crypto'
import { fstatSync, readdirSync, realpathSync, statSync, unlinkSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { PortolanError } from '@portolan/netfilter'
import { namespaceKey } from '../state/namespace-key.ts'
import { takeFileLock } from './file-lock.ts'
import { hostLockFile } from './host-lock-file.ts'
import { isAlive } from './is-alive.ts'
import type { LockHolder } from './lock-holder.ts'

/**
 * A process that holds a project of this network namespace.
 * @public @since 0.1.0
 */
export interface Watcher {
  readonly project: string
  /** The process as it recorded itself; the name is empty where /proc does not show it. */
  readonly process: LockHolder
}

/**
 * The folder of the watches of a state directory. It is beside the lock of the host, and not in the state directory. So
 * a watch goes on when its state directory is lost, and no second one can begin then.
 */
export const watchFolder = (stateDirectory: string): string => {
  const key = createHash('sha256').update(realPath(stateDirectory)).digest('hex').slice(0, 16)
  return join(dirname(hostLockFile()), `watches-${key}`)
}

/** The name of a file in that folder, of a process that holds a project of this network namespace. */
export const watchFile = (project: string, pid: number, suffix: string): string =>
  `${project}.${namespaceKey().namespace}.${pid}.${suffix}`

/** The folder in which earlier versions record their watches. */
const formerFolderOf = (stateDirectory: string): string => join(stateDirectory, 'watches')

/** The real path of a directory: the same before the directory is made, while it exists, and after its loss. */
const realPath = (path: string): string => {
  const whole = resolve(path)
  try {
    return realpathSync(whole)
  } catch {
    return dirname(whole) === whole ? whole : join(realPath(dirname(whole)), basename(whole))
  }
}

/** How many watches this process has begun. The number gives each watch a file of its own. */
let begun = 0

/** How long to wait for a lock: longer than another process holds it to look whether it is free. */
const LOOK_MS = 1000

/**
 * Records that this process holds a project, until the returned function is called or the process ends. It locks a file
 * beside the lock of the host. The kernel frees the lock of a process that is killed.
 *
 * @throws PortolanError `LOCK`, PermissionError, MissingToolError
 * @example
 * const end = await noteWatch('/var/lib/portolan', 'shop')
 * end()
 * @public @since 0.1.0
 */
export const noteWatch = async (stateDirectory: string, project: string): Promise<() => void> =>
  (await writeHold(stateDirectory, project)).end

const writeHold = async (stateDirectory: string, project: string): Promise<Omit<OwnHold, 'kind'>> => {
  begun += 1
  const suffix = `${begun}.lock`
  const placeNow = (): string => join(watchFolder(stateDirectory), watchFile(project, process.pid, suffix))
  let path = placeNow()
  let lock = await takeFileLock(path, LOOK_MS)
  const end = (): void => {
    remove(path)
    lock?.release()
  }
  const tellAgain = async (now: string): Promise<Kept> => {
    // While the record was missing, another process may have begun to hold the project.
    const [by] = await watchersOf(stateDirectory, project)
    if (by !== undefined) return { kind: 'busy', by }
    const next = await takeFileLock(now, LOOK_MS)
    if (next === null) return { kind: 'untold' }
    if (now === path) lock?.release()
    else end()
    path = now
    lock = next
    return { kind: 'again' }
  }
  return {
    keep: async () => {
      const now = placeNow()
      if (lock !== null && isOpenAt(now, lock.descriptor)) return { kind: 'kept' }
      return inTurn(stateDirectory, LOOK_MS, () => tellAgain(now))
    },
    end,
  }
}

const isOpenAt = (path: string, descriptor: number): boolean => {
  const own = fstatSync(descriptor, { bigint: true })
  try {
    const found = statSync(path, { bigint: true })
    return found.ino === own.ino && found.dev === own.dev
  } catch {
    return false
  }
}

/**
 * The result of `holdProject`: this process holds the project, or another one does.
 * @public @since 0.1.0
 */
export type ProjectHold = OwnHold | { readonly kind: 'busy'; readonly by: Watcher }

/**
 * A project that this process holds.
 * @public @since 0.1.0
 */
export interface OwnHold {
  readonly kind: 'held'
  /**
   * Records the hold again where its file was removed or could not be locked, or where the state directory was
   * replaced. It does not where another process holds the project by now.
   * @throws PortolanError `LOCK`, PermissionError, MissingToolError
   */
  readonly keep: () => Promise<Kept>
  readonly end: () => void
}

/**
 * The result of `keep`: the record is intact (`kept`), was written again (`again`) or cannot be written now (`untold`),
 * or another process has held the project since the record was lost (`busy`).
 * @public @since 0.1.0
 */
export type Kept =
  | { readonly kind: 'kept' | 'again' | 'untold' }
  | { readonly kind: 'busy'; readonly by: Watcher }

/** How long to wait for the turn: longer than a process takes to look and to record itself. */
const TURN_MS = 10_000

/** Runs work while no other process checks and takes the hold of a project. */
const inTurn = async <Result>(
  stateDirectory: string,
  timeoutMs: number,
  work: () => Promise<Result>,
): Promise<Result> => {
  const path = join(watchFolder(stateDirectory), 'turn.lock')
  const turn = await takeFileLock(path, timeoutMs)
  if (turn === null)
    throw new PortolanError(
      'LOCK',
      `Another process has the lock ${path} for longer than ${timeoutMs / 1000} s. End that process, and run this again.`,
    )
  try {
    return await work()
  } finally {
    turn.release()
  }
}

/**
 * Holds a project of this network namespace for this process alone, and records it as `noteWatch` does. Of two
 * processes that begin at once only one holds it: each looks and records itself under a lock.
 *
 * @returns `end` gives the hold up; `by` is the process that holds the project
 * @throws PortolanError `LOCK`, PermissionError, MissingToolError
 * @example
 * const hold = await holdProject('/var/lib/portolan', 'shop')
 * if (hold.kind === 'held') hold.end()
 * @public @since 0.1.0
 */
export const holdProject = (stateDirectory: string, project: string): Promise<ProjectHold> =>
  inTurn(stateDirectory, TURN_MS, async () => {
    const [by] = await watchersOf(stateDirectory, project)
    return by === undefined
      ? { kind: 'held', ...(await writeHold(stateDirectory, project)) }
      : { kind: 'busy', by }
  })

/**
 * The processes that hold projects of this network namespace, as `noteWatch` recorded them.
 *
 * @param project - null: every project
 * @throws PortolanError `LOCK`, PermissionError, MissingToolError
 * @example
 * for (const { process } of await watchersOf('/var/lib/portolan', 'shop')) console.log(process.pid)
 * @public @since 0.1.0
 */
export const watchersOf = async (
  stateDirectory: string,
  project: string | null,
): Promise<readonly Watcher[]> => {
  const found: Watcher[] = []
  for (const folder of [watchFolder(stateDirectory), formerFolderOf(stateDirectory)])
    found.push(...(await watchersIn(folder, project)))
  return found
}

const watchersIn = async (folder: string, project: string | null): Promise<readonly Watcher[]> => {
  const found: Watcher[] = []
  for (const name of namesIn(folder)) {
    const [, of = '', namespace, pid] = /^([a-z0-9_-]+)\.(\d+)\.(\d+)\.\d+\.lock$/.exec(name) ?? []
    if (pid === undefined || (project !== null && of !== project)) continue
    if (namespace !== namespaceKey().namespace) continue
    const path = join(folder, name)
    let holder: LockHolder | null = null
    const hear = (other: LockHolder | null): void => {
      holder = other
    }
    const lock = await takeFileLock(path, 0, hear, 'shared')
    if (lock === null) found.push({ project: of, process: holder ?? { pid: Number(pid), name: '' } })
    else {
      // No process holds this file. Its process was killed, or is about to lock it: then the file stays.
      if (!isAlive(Number(pid))) remove(path, ...besides(folder, of, pid))
      lock.release()
    }
  }
  return found
}

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).sort()
  } catch {
    // No process has recorded a watch here, or this user may not read the folder.
    return []
  }
}

/** The other files that the process wrote about the project. */
const besides = (folder: string, project: string, pid: string): readonly string[] => {
  const start = watchFile(project, Number(pid), '')
  return namesIn(folder).flatMap((name) =>
    name.startsWith(start) && !name.endsWith('.lock') ? [join(folder, name)] : [],
  )
}

const remove = (...paths: readonly string[]): void => {
  for (const path of paths)
    try {
      unlinkSync(path)
    } catch {
      // The file is gone, or the disk is read-only now. A file without a lock counts as no hold.
    }
}
