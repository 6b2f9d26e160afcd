import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { inBigints } from '../file/in-bigints.ts'
import { refuseUnsafeDirectory } from './safe-place.ts'

/**
 * Makes a directory and its missing parents, each tried once. Node's own `recursive` never returns where the kernel
 * answers ENOENT below an existing directory, as below /proc: it tries again and again (measured: Node 20.20).
 *
 * @throws what the file system says
 */
export const makeDirectory = (directory: string): void => {
  const missing: string[] = []
  let above = resolve(directory)
  while (!isDirectory(above)) {
    missing.push(above)
    above = dirname(above)
  }
  for (const path of missing.toReversed()) {
    try {
      mkdirSync(path, { mode: 0o755 })
    } catch (error) {
      // Another process made the directory meanwhile.
      if (!isDirectory(path)) throw error
    }
  }
}

/**
 * Makes the directory of the state files.
 *
 * @throws PortolanError `STATE` when this process is root and other users could change the directory
 */
export const makeStateDirectory = (directory: string): void => {
  // The first check keeps directories from being made behind another user's link. The second one finds a link made
  // meanwhile.
  refuseUnsafeDirectory(directory)
  makeDirectory(directory)
  refuseUnsafeDirectory(directory)
}

/** @throws when the path leads to something else than a directory, or may not be looked at */
const isDirectory = (path: string): boolean => {
  const found = statSync(path, { ...inBigints, throwIfNoEntry: false })
  if (found === undefined || found.isDirectory()) return found !== undefined
  throw Object.assign(new Error(`ENOTDIR: ${path} is not a directory`), { code: 'ENOTDIR' })
}
