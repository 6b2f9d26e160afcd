/**
 * The manual page that ships with the command, from the tables of its commands and options.
 *
 * Started by hand it writes the page: npm run man-page. A test holds the page to the tables.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundleOptions } from './bundle-options.js'

const root = join(import.meta.dirname, '..')

/** What a module of the command exports. It is made where the libraries of the command are found. */
const importSource = async (source) => {
  const outfile = join(root, 'packages/portolan/node_modules', `.made-${process.pid}.mjs`)
  try {
    await build({ ...bundleOptions, splitting: false, entryPoints: [source], outfile })
    return await import(outfile)
  } finally {
    await rm(outfile, { force: true })
  }
}

const { manPage } = await importSource('packages/portolan/src/command/man-page.ts')
const folder = join(root, 'packages/portolan/man')
await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'portolan.1'), manPage())
