import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const libraries = fileURLToPath(new URL('../../packages/portolan/node_modules', import.meta.url))

/** Makes a folder in which the libraries of `portolan` are found. It is in no package that is packed meanwhile. */
export const scratchFolder = (): string => mkdtempSync(join(libraries, '.examples-'))
