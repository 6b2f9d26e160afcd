import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire, Module } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { cachedDataVersionTag } from 'node:v8'
import { Script } from 'node:vm'

/**
 * A CommonJS module of a bundle.
 * @public @since 0.1.0
 */
export interface LoadedScript<Exports> {
  readonly exports: Exports
  /** Keeps what V8 has compiled of it by now, once, for the next process; where that may not be, nothing happens. */
  readonly keep: () => void
}

/**
 * Loads a file of the bundle with what V8 compiled of it in an earlier process: reading the text and compiling it anew
 * takes longer than most commands do. V8 refuses what another version of it has compiled, and then compiles the text.
 *
 * @param file - its text is ASCII, and its name tells it from other versions of itself
 * @param purpose - a word: what one command needs of the code is kept for itself, so no other command loads it
 * @example
 * const { exports, keep } = loadScript<{ readonly answer: number }>('dist/bundle/answer-K2.cjs', 'answer')
 * exports.answer // 42
 * keep()
 * @public @since 0.1.0
 */
export const loadScript = <Exports>(file: string, purpose: string | null): LoadedScript<Exports> => {
  const place = purpose === null ? null : compiledPlace(file, purpose)
  const cachedData = place === null ? undefined : readIfThere(place)
  const script = new Script(Module.wrap(readFileSync(file, 'latin1')), {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  const module = { exports: {} as Exports }
  const run: unknown = script.runInThisContext()
  if (typeof run === 'function') run(module.exports, createRequire(file), module, file, dirname(file))
  let isKept = place === null || (cachedData !== undefined && script.cachedDataRejected !== true)
  return {
    exports: module.exports,
    keep: () => {
      if (isKept || place === null) return
      isKept = true
      write(place, script)
    },
  }
}

/** Beside the bundle, as Python does it: only users that may change the code there may change this. */
const compiledPlace = (file: string, purpose: string): string =>
  join(
    dirname(file),
    '../compiled',
    `${basename(file, '.cjs')}.${purpose}.${process.versions.v8}-${process.arch}${optionsTag()}`,
  )

/**
 * V8 refuses what was compiled with other options of its own, such as `--max-old-space-size`; which of Node's options
 * are of V8 its tag tells.
 */
const optionsTag = (): string =>
  process.execArgv.length === 0 && (process.env.NODE_OPTIONS ?? '') === '' ? '' : `-${cachedDataVersionTag()}`

const readIfThere = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/**
 * Written in whole before it has its name. V8 does not check the bytes, and ends the process on those that it cannot
 * read; so they reach the disk first.
 */
const write = (place: string, script: Script): void => {
  const folder = dirname(place)
  const unfinished = `${place}.${process.pid}`
  try {
    // Files of root in a folder of another user could not be removed by that user.
    if (process.env.NODE_DISABLE_COMPILE_CACHE === '1' || !isOwn(dirname(folder))) return
    // Not as open as the umask allows: code is made of them.
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    for (const entry of readdirSync(folder))
      if (entry.startsWith(`${basename(place)}.`)) rmSync(join(folder, entry), { force: true })
    writeFileSync(unfinished, script.createCachedData(), { mode: 0o644, flush: true })
    renameSync(unfinished, place)
  } catch {
    // A folder that is read-only or full: the next process compiles the text again.
  }
}

const isOwn = (folder: string): boolean => statSync(folder).uid === process.geteuid?.()
