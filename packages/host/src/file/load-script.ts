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
   * Keeps the code that V8 has compiled so far, once, for the next process. Where that is not allowed, nothing happens.
   * Code kept by an earlier process is replaced where this process has compiled more. That is checked in the next run,
   * and then at intervals that double as long as no process has compiled more.
   */
  readonly keep: () => void
}

/**
 * Loads a file of the bundle with the code that V8 compiled in an earlier process. Reading the text and compiling it
 * again takes longer than most commands do. V8 refuses code of another V8 version, and then compiles the text.
 *
 * @param file - its text is ASCII, and a function of `exports`, `require`, `module`, `__filename` and `__dirname`, as
 * Node makes one of a CommonJS module: making one here would copy megabytes. Each version of the file has another name
 * @param purpose - a word for the command: its compiled code is kept apart, so that no other command loads it; null:
 * nothing is kept
 * @param how - `tagged`: code compiled with other options of V8 is kept apart; the default. Asking V8 for the tag of its
 * options loads the streams of Node. A small file loads sooner without: code of other options is compiled again, and
 * kept in place of the old
 * @example
 * const { exports, keep } = loadScript<{ readonly answer: number }>('dist/bundle/answer-K2.cjs', 'answer')
 * exports.answer // 42
 * keep()
 * @public @since 0.1.0
 */
export const loadScript = <Exports>(
  file: string,
  purpose: string | null,
  { tagged = true }: { readonly tagged?: boolean } = {},
): LoadedScript<Exports> => {
  const place = purpose === null ? null : compiledPlace(file, purpose, tagged)
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
