/** Puts an example together, for which the packages of this tree are those of the suites. */
import { build } from 'esbuild'
import { packageEntries } from '../../script/package-entries.js'
import { madeOf, root } from './suites-folder.js'

const sources = new Map(packageEntries.map(({ specifier, source }) => [specifier, `${root}/${source}`]))

/** A library is found from the root of this tree, where each is installed that examples name. */
const found = {
  name: 'found',
  setup: ({ onResolve, resolve }) =>
    onResolve({ filter: /^[@a-z]/ }, async ({ path, kind, pluginData }) => {
      if (pluginData === found) return undefined
      const source = sources.get(path)
      if (source !== undefined) return { path: madeOf(source), external: true }
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
