/**
 * The manual page that ships with the command. It is made from the tables of commands and options.
 *
 * Started by hand this writes the page: npm run man-page. A test compares the page with the tables.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundleOptions } from './bundle-options.js'

const root = join(import.meta.dirname, '..')

/** The exports of a module of the command. Its bundle lies in a folder where the command's libraries are found. */
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
