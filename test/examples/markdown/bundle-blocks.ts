import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, stop } from 'esbuild'
import { bundleOptions } from '../../../script/bundle-options.js'
import { scratchFolder } from '../scratch-folder.ts'

/** Modules for Node, bundled with the sources of this tree. */
export interface BlockBundle {
  readonly files: readonly string[]
  remove(): void
}

/** Bundles each code with the packages that it imports. The modules lie in a folder where native modules are found. */
export const bundleBlocks = async (codes: readonly string[]): Promise<BlockBundle> => {
  if (codes.length === 0) return { files: [], remove: () => {} }
  const folder = scratchFolder()
  const sources = codes.map((code, at) => {
    const file = join(folder, `block-${at}.ts`)
    writeFileSync(file, code)
    return file
  })
  try {
    await build({ ...bundleOptions, entryPoints: sources, outdir: folder, outExtension: { '.js': '.mjs' } })
  } finally {
    await stop()
  }
  return {
    files: sources.map((file) => file.replace(/\.ts$/, '.mjs')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
