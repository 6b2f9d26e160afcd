import { join, relative } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** The folder of the bundled modules. */
export const suitesFolder = join(root, 'dist/suites')

/** The path of the module that was bundled from a file of this tree. */
export const madeOf = (path) => join(suitesFolder, relative(root, path)).replace(/\.ts$/, '.js')
