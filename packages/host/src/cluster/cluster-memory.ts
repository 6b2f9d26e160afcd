import { statSync, unwatchFile, watch, watchFile } from 'node:fs'
import { basename } from 'node:path'
import type { ClusterNeighbours } from '@portolan/core'
import { inBigints } from '../file/in-bigints.ts'
import { eventLoopTurn } from '../turn/event-loop-turn.ts'
import { memberFile } from './member-file.ts'
import { neighboursFile, readNeighbours } from './neighbours-file.ts'
import { noteRouteHolder, withRouteHolder } from './route-holder.ts'

/**
 * The records of a host about its cluster, which other processes write.
 * @public @since 0.1.0
 */
export interface ClusterMemory {
  /**
   * A text that differs once the other hosts were written again. It costs one system call per turn of the event loop,
   * and stays the same until the next turn.
   */
  stamp(): string
  /**
   * The other hosts, as `readNeighbours` reads them, with the other holder of this host's routes (`withRouteHolder`).
   */
  neighbours(): Promise<ClusterNeighbours | null>
  /** Records for other processes that the routes to the blocks of other hosts are made from this directory. */
  holdRoutes(): void
  /**
   * Calls back after the records have changed: the other hosts, or the blocks of this host.
   * @returns a function that ends the callbacks
   */
  follow(changed: () => void): () => void
}

/** How often the files are checked, in milliseconds, where the kernel cannot report changes of their folder. */
const LOOK_MS = 2000

/**
 * Opens the records about the cluster in a state directory.
 * @example
 * await openClusterMemory('/nowhere').neighbours() // null
 * @public @since 0.1.0
 */
export const openClusterMemory = (directory: string): ClusterMemory => {
  const [member, neighbours] = [memberFile(directory), neighboursFile(directory)]
  const files = [member, neighbours]
  let looked = { turn: -1, stamp: '' }
  return {
    stamp: () => {
      const turn = eventLoopTurn()
      if (looked.turn !== turn) looked = { turn, stamp: stampOf(neighbours) }
      return looked.stamp
    },
    neighbours: async () => withRouteHolder(directory, await readNeighbours(directory)),
    holdRoutes: () => noteRouteHolder(directory),
    follow: (changed) => follow(directory, files, changed),
  }
}

const stampOf = (file: string): string => {
  try {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false })
    return found === undefined ? '' : `${found.ino} ${found.mtimeNs} ${found.size}`
  } catch {
    return ''
  }
}

/**
 * Follows the files of a folder. The kernel reports changes of a folder and not of its name. So once another folder has
 * taken the name, the files themselves are checked.
 */
const follow = (directory: string, files: readonly string[], changed: () => void): (() => void) => {
  let isOver = false
  let end = (): void => {}
  const gone = (): void => {
    end()
    if (isOver) return
    end = followFiles(files, changed)
    changed()
  }
  end = followNames(directory, files, changed, gone) ?? followFiles(files, changed)
  return () => {
    isOver = true
    end()
  }
}

/**
 * Follows the folder through the kernel.
 * @returns null where that is impossible: there is no such folder, or the kernel follows no more folders
 */
const followNames = (
  directory: string,
  files: readonly string[],
  changed: () => void,
  gone: () => void,
): (() => void) | null => {
  const names = new Set(files.map((file) => basename(file)))
  const folder = basename(directory)
  try {
    const ino = inodeOf(directory)
    const watcher = watch(directory, { persistent: false }, (_event, name) => {
      // libuv gives the name of the folder for an event of the folder itself (src/unix/linux.c `uv__inotify_read`).
      if (name === folder && inodeOf(directory) !== ino) gone()
      else if (name === null || names.has(name)) changed()
    })
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  } catch {
    return null
  }
}

const inodeOf = (directory: string): bigint | null => {
  try {
    return statSync(directory, { ...inBigints, throwIfNoEntry: false })?.ino ?? null
  } catch {
    return null
  }
}

const followFiles = (files: readonly string[], changed: () => void): (() => void) => {
  // Each call has a listener of its own, because others in this process may follow the same files.
  const listener = (): void => changed()
  for (const file of files) watchFile(file, { persistent: false, interval: LOOK_MS }, listener)
  return () => {
    for (const file of files) unwatchFile(file, listener)
  }
}
