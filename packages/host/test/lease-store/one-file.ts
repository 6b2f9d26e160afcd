import { build, stop } from 'esbuild'
import { bundleOptions } from '../../../../script/bundle-options.js'

const { splitting: _splitting, ...common } = bundleOptions

/**
 * Bundles a program of this workspace into one CommonJS file. Such a file starts in a fifth of the time that its
 * hundreds of modules take, and a killed process does little more than start.
 *
 * @param entry - a TypeScript file
 */
export const writeOneFile = async (entry: string, to: string): Promise<void> => {
  try {
    await build({
      ...common,
      format: 'cjs',
      entryPoints: [entry],
      // Native modules are found beside the entry, and not beside the file, so `require` starts at the entry.
      supported: { 'dynamic-import': false },
      banner: { js: `require = require('node:module').createRequire(${JSON.stringify(entry)})` },
      outfile: to,
    })
  } finally {
    await stop()
  }
}
