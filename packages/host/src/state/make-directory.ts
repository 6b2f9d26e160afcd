import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { refuseUnsafeDirectory } from './safe-place.ts'

/**
 * Makes a directory and those above it that are missing, each tried once. Node's own `recursive` tries again and
 * again where the kernel answers ENOENT below a directory that is there, as it does below /proc, and never returns
 * (measured: Node 20.20).
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
      // Another process made it meanwhile.
      if (!isDirectory(path)) throw error
    }
  }
}

/**
 * Makes the directory for what is remembered.
 *
 * @throws PortolanError `STATE` when this is root and others could change it
 */
export const makeStateDirectory = (directory: string): void => {
  // Checked before, so that nothing is made behind a link of another user's, and after, because one may come meanwhile.
  refuseUnsafeDirectory(directory)
  makeDirectory(directory)
  refuseUnsafeDirectory(directory)
}

/** @throws when what is there is no directory, or may not be looked at */
const isDirectory = (path: string): boolean => {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isDirectory()) return found !== undefined
  throw Object.assign(new Error(`ENOTDIR: ${path} is not a directory`), { code: 'ENOTDIR' })
}
