import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { Script } from 'node:vm'
import { compiledPlace, keepCompiled, readCompiled } from './compiled-code.ts'

/**
 * A CommonJS module of a bundle.
 * @public @since 0.1.0
 */
export interface LoadedScript<Exports> {
  readonly exports: Exports
  /**
   * Keeps what V8 has compiled of it by now, once, for the next process; where that may not be, nothing happens. What an
   * earlier process kept is replaced where this one has compiled more: it is asked in the next run, and then at times
   * that double for as long as none has.
   */
  readonly keep: () => void
}

/**
 * Loads a file of the bundle with what V8 compiled of it in an earlier process: reading the text and compiling it anew
 * takes longer than most commands do. V8 refuses what another version of it has compiled, and then compiles the text.
 *
 * @param file - its text is ASCII, a function of `exports`, `require`, `module`, `__filename` and `__dirname`, as Node
 * makes one of a CommonJS module: making one here would copy megabytes. Its name tells it from other versions of itself
 * @param purpose - a word: what one command needs of the code is kept for itself, so no other command loads it
 * @example
 * const { exports, keep } = loadScript<{ readonly answer: number }>('dist/bundle/answer-K2.cjs', 'answer')
 * exports.answer // 42
 * keep()
 * @public @since 0.1.0
 */
export const loadScript = <Exports>(file: string, purpose: string | null): LoadedScript<Exports> => {
  const place = purpose === null ? null : compiledPlace(file, purpose)
  const cachedData = place === null ? undefined : readCompiled(place)
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  const module = { exports: {} as Exports }
  const run: unknown = script.runInThisContext()
  if (typeof run === 'function') run(module.exports, createRequire(file), module, file, dirname(file))
  let isKept = place === null
  return {
    exports: module.exports,
    keep: () => {
      if (isKept || place === null) return
      isKept = true
      keepCompiled(place, script, script.cachedDataRejected === true ? 0 : (cachedData?.byteLength ?? 0))
    },
  }
}
