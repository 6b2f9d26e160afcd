import { resolve } from 'node:path'
import { parseSync } from '@swc/core'
import { build } from 'esbuild'
import { bundleOptions } from '../../script/bundle-options.js'
import { textsOf } from './texts.ts'

/** A text in the program, and its file. */
export interface EngineText {
  readonly file: string
  readonly text: string
}

const root = resolve(import.meta.dirname, '../..')

/**
 * The searched texts in all code that an entry may run. esbuild leaves out unreachable code, function by function. So
 * code that a package has only for the command is not included.
 */
export const textsReachedFrom = async (
  entry: string,
  isSought: (text: string) => boolean,
): Promise<readonly EngineText[]> => {
  const { splitting: _splitting, banner: _banner, ...options } = bundleOptions
  const { outputFiles } = await build({
    ...options,
    absWorkingDir: root,
    entryPoints: [entry],
    packages: 'external',
    charset: 'utf8',
    write: false,
  })
  return (outputFiles[0]?.text ?? '').split(/^(?=\/\/ packages\/)/m).flatMap((part) => {
    const [, file] = /^\/\/ (packages\/\S+)/.exec(part) ?? []
    // Most parts contain no such text, and parsing all of them would take long.
    if (file === undefined || !isSought(part)) return []
    const texts = textsOf(parseSync(part, { syntax: 'ecmascript', target: 'es2022' }))
    return texts.filter(isSought).map((text) => ({ file, text }))
  })
}
