/** Bundles an example so that the packages of this tree are the suites' own modules. */
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageEntries } from '../../script/package-entries.js'
import { madeOf, root } from './suites-folder.js'

/** The modules of this tree as suites load them: see bundle-suites.js. */
const ofThisTree = new Map([
  ...packageEntries.map(({ specifier, source }) => [specifier, madeOf(join(root, source))]),
  ['fast-check', join(root, 'test/fast-check.js')],
  ['@jest/globals', join(root, 'test/suites/jest-globals.js')],
])

/** Resolves a library from the root of this tree, where all libraries of examples are installed. */
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

/** @param made - the path of the bundled module */
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
