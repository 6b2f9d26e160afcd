import { join, relative } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** Where modules are, once they are put together with what they import. */
export const suitesFolder = join(root, 'dist/suites')

/** What was made of a module of this tree. */
export const madeOf = (path) => join(suitesFolder, relative(root, path)).replace(/\.ts$/, '.js')
