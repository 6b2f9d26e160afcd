/** Puts an example together, for which the packages of this tree are those of the suites. */
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageEntries } from '../../script/package-entries.js'
import { madeOf, root } from './suites-folder.js'

/** As suites have them: see bundle-suites.js. */
const ofThisTree = new Map([
  ...packageEntries.map(({ specifier, source }) => [specifier, madeOf(join(root, source))]),
  ['fast-check', join(root, 'test/fast-check.js')],
  ['@jest/globals', join(root, 'test/suites/jest-globals.js')],
])

/** A library is found from the root of this tree, where each is installed that examples name. */
const found = {
  name: 'found',
  setup: ({ onResolve, resolve }) =>
    onResolve({ filter: /^[@a-z]/ }, async ({ path, kind, pluginData }) => {
      if (pluginData === found) return undefined
      const known = ofThisTree.get(path)
      if (known !== undefined) return { path: known, external: true }
      return { ...(await resolve(path, { kind, resolveDir: root, pluginData: found })), external: true }
    }),
}

/** @param made - the file that the module goes to */
export const bundleExample = async (path, made) => {
  await build({
    entryPoints: [path],
    outfile: made,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    plugins: [found],
    logLevel: 'silent',
  })
}
