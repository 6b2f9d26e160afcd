import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cachedDataVersionTag } from 'node:v8'
import type { Script } from 'node:vm'

/**
 * Beside the bundle, as Python does it: only users that may change the code there may change this.
 *
 * V8 refuses what was compiled with other options of its own: those that Node was given, such as `--max-old-space-size`, and
 * those that a program has set (`prepareStart`). Its tag tells them apart.
 */
export const compiledPlace = (file: string, purpose: string): string =>
  join(
    dirname(file),
    '../compiled',
    `${basename(file, '.cjs')}.${purpose}.${process.versions.v8}-${process.arch}-${cachedDataVersionTag()}`,
  )

export const readCompiled = (place: string): Buffer | undefined => {
  try {
    return readFileSync(place)
  } catch {
    return undefined
  }
}

/**
 * Keeps all that is compiled of a script: what was kept before, and what this process compiled besides.
 *
 * @param known - the bytes of what was kept before; 0: nothing, or V8 refused it
 */
export const keepCompiled = (place: string, script: Script, known: number): void => {
  try {
    const folder = dirname(place)
    // Files of root in a folder of another user could not be removed by that user.
    if (process.env.NODE_DISABLE_COMPILE_CACHE === '1' || !isOwn(dirname(folder))) return
    if (known > 0 && !isLookDue(place)) return
    const compiled = script.createCachedData()
    // The same code takes some hundred bytes more or less.
    if (compiled.byteLength > known * 1.01) write(place, compiled)
  } catch {
    // A folder that is read-only or full: the next process compiles the text again.
  }
}

/**
 * Whether to look again at what is kept; that takes some 10 ms. The first run of a command may have found nothing to do,
 * and compiled the less. The file changes its time with each look: it is new with the run that wrote it, and of an age
 * that doubles from one look to the next.
 */
const isLookDue = (place: string): boolean => {
  const now = Date.now()
  const { birthtimeMs, mtimeMs } = statSync(place)
  if (now - mtimeMs < mtimeMs - birthtimeMs) return false
  utimesSync(place, now / 1000, now / 1000)
  return true
}

/**
 * Written in whole before it has its name. V8 does not check the bytes, and ends the process on those that it cannot
 * read; so they reach the disk first.
 */
const write = (place: string, compiled: Buffer): void => {
  const folder = dirname(place)
  // Numbers of processes are the same in two process namespaces, such as those of containers.
  const unfinished = `${place}.${process.pid}-${process.hrtime.bigint()}`
  // Not as open as the umask allows: code is made of them.
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  for (const entry of readdirSync(folder))
    if (entry.startsWith(`${basename(place)}.`)) rmSync(join(folder, entry), { force: true })
  writeFileSync(unfinished, compiled, { mode: 0o644, flag: 'wx', flush: true })
  renameSync(unfinished, place)
}

const isOwn = (folder: string): boolean => statSync(folder).uid === process.geteuid?.()
