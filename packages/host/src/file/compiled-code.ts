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
import { inBigints } from './in-bigints.ts'

/**
 * The path of the compiled code. It is beside the bundle, as Python does it: only users that may change the code there
 * may change this file.
 *
 * V8 refuses code that was compiled with other options: options that Node was given, such as `--max-old-space-size`,
 * and options that a program has set (`prepareStart`). V8's tag in the name distinguishes them.
 */
export const compiledPlace = (file: string, purpose: string, tagged: boolean): string => {
  const name = `${basename(file, '.cjs')}.${purpose}.${process.versions.v8}-${process.arch}`
  return join(dirname(file), '../compiled', tagged ? `${name}-${cachedDataVersionTag()}` : name)
}

export const readCompiled = (place: string): Buffer | undefined => {
  try {
    return readFileSync(place)
  } catch {
    return undefined
  }
}

/**
 * Keeps the compiled code of a script: the code that was kept before, and what this process compiled in addition.
 *
 * @param known - the bytes that were kept before; 0: none, or V8 refused them
 */
export const keepCompiled = (place: string, script: Script, known: number): void => {
  try {
    const folder = dirname(place)
    // The owner of the folder could not remove files that root made in it.
    if (process.env.NODE_DISABLE_COMPILE_CACHE === '1' || !isOwn(dirname(folder))) return
    if (known > 0 && !isLookDue(place)) return
    const compiled = script.createCachedData()
    // The size of the same code varies by some hundred bytes.
    if (compiled.byteLength > known * 1.01) write(place, compiled)
  } catch {
    // The folder is read-only or full. The next process compiles the text again.
  }
}

/**
 * Tells whether to compare the kept code with this process's code again, which takes some 10 ms. The first run of a
 * command may have had nothing to do, and so compiled less. Each comparison sets the time of the file. The next one is
 * due when as much time has passed since as between the writing of the file and that comparison. So the intervals
 * double.
 */
const isLookDue = (place: string): boolean => {
  const now = Date.now()
  const { birthtimeMs, mtimeMs } = statSync(place, inBigints)
  if (now - Number(mtimeMs) < mtimeMs - birthtimeMs) return false
  utimesSync(place, now / 1000, now / 1000)
  return true
}

/**
 * Writes the code completely and to the disk before it gets its name. V8 does not check the bytes, and ends the process
 * on bytes that it cannot read.
 */
const write = (place: string, compiled: Buffer): void => {
  const folder = dirname(place)
  // The number of a process alone is not unique: two process namespaces, as of containers, use the same numbers.
  const unfinished = `${place}.${process.pid}-${process.hrtime.bigint()}`
  // The mode is fixed, whatever the umask allows: the bytes are run as code.
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  for (const entry of readdirSync(folder))
    if (entry.startsWith(`${basename(place)}.`)) rmSync(join(folder, entry), { force: true })
  writeFileSync(unfinished, compiled, { mode: 0o644, flag: 'wx', flush: true })
  renameSync(unfinished, place)
}

const isOwn = (folder: string): boolean => Number(statSync(folder, inBigints).uid) === process.geteuid?.()
