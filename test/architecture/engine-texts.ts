import { resolve } from 'node:path'
import { parseSync } from '@swc/core'
import { build } from 'esbuild'
import { bundleOptions } from '../../script/bundle-options.js'
import { textsOf } from './texts.ts'

/** A text of a program, and the file that has it. */
export interface EngineText {
  readonly file: string
  readonly text: string
}

const root = resolve(import.meta.dirname, '../..')

/**
 * The texts sought in all code that an entry can come to run: esbuild leaves out what is never reached, function by function, so
 * that what a package has for the command alone is not among them.
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
    // Most parts have no such text at all, and it takes time to read the grammar of them all.
    if (file === undefined || !isSought(part)) return []
    const texts = textsOf(parseSync(part, { syntax: 'ecmascript', target: 'es2022' }))
    return texts.filter(isSought).map((text) => ({ file, text }))
  })
}
