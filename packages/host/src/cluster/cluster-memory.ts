import { statSync, unwatchFile, watch, watchFile } from 'node:fs'
import { basename } from 'node:path'
import type { ClusterNeighbours } from '@portolan/core'
import { eventLoopTurn } from '../turn/event-loop-turn.ts'
import { memberFile } from './member-file.ts'
import { neighboursFile, readNeighbours } from './neighbours-file.ts'
import { noteRouteHolder, withRouteHolder } from './route-holder.ts'

/**
 * What a host remembers of its cluster, which other processes write down.
 * @public @since 0.1.0
 */
export interface ClusterMemory {
  /**
   * A text that is another one once the other hosts were written down anew. It costs one system call in each turn of the
   * event loop, and is the same until the next turn.
   */
  stamp(): string
  /** The other hosts, as `readNeighbours` reads them, with what else has the routes of this host (`withRouteHolder`). */
  neighbours(): Promise<ClusterNeighbours | null>
  /** Tells other processes that the routes to the blocks of other hosts are made by what this directory remembers. */
  holdRoutes(): void
  /**
   * Calls back after what is remembered has changed: other hosts, or the blocks of this one.
   * @returns what ends that
   */
  follow(changed: () => void): () => void
}

/** How often the files are looked at where the kernel tells nothing of their folder. */
const LOOK_MS = 2000

/**
 * What is remembered in a state directory.
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

/** The kernel tells of a folder and not of its name: where another one comes in its place, files are looked at instead. */
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

/** @returns null where the folder cannot be followed: it is not there, or the kernel follows no more of them */
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
      // libuv gives the name of the folder to what befalls the folder itself (src/unix/linux.c `uv__inotify_read`).
      if (name === folder && inodeOf(directory) !== ino) gone()
      else if (name === null || names.has(name)) changed()
    })
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  } catch {
    return null
  }
}

const inodeOf = (directory: string): number | null => {
  try {
    return statSync(directory, { throwIfNoEntry: false })?.ino ?? null
  } catch {
    return null
  }
}

const followFiles = (files: readonly string[], changed: () => void): (() => void) => {
  // A listener of its own for each call: others may follow the same files in this process.
  const listener = (): void => changed()
  for (const file of files) watchFile(file, { persistent: false, interval: LOOK_MS }, listener)
  return () => {
    for (const file of files) unwatchFile(file, listener)
  }
}
