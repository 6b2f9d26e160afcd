/** A plugin of esbuild: modules that are loaded when something of them is used, though they are imported at the top. */
import { createRequire } from 'node:module'

/** Node's own that take time to load, and native code: most command lines use none of them. */
const external = [
  'netlink/dist/raw.js',
  ...['child_process', 'crypto', 'http', 'net', 'readline', 'v8', 'worker_threads'].map(
    (name) => `node:${name}`,
  ),
]

/** These go into the bundle. Loading the last has regular expressions of all emoji compiled. */
const bundled = ['string-width']

const require = createRequire(import.meta.resolve('portolan'))

/** The names are those of the module as it is now; each is asked for when it is used. */
const standIn = (specifier, names) =>
  `Object.defineProperties(exports, {
  __esModule: { value: true },
${names.map((name) => `  ${JSON.stringify(name)}: { enumerable: true, get: () => require(${JSON.stringify(specifier)})[${JSON.stringify(name)}] },`).join('\n')}
})`

/** @type {import('esbuild').Plugin} */
export const loadWhenUsed = {
  name: 'load-when-used',
  setup: ({ onResolve, onLoad }) => {
    const filter = new RegExp(`^(?:${[...external, ...bundled].join('|')})$`)
    onResolve({ filter }, ({ path, namespace, resolveDir, kind }) => {
      if (namespace === 'load-when-used')
        return external.includes(path) ? { path, external: true } : undefined
      return kind === 'import-statement'
        ? { path, namespace: 'load-when-used', pluginData: { resolveDir } }
        : undefined
    })
    onLoad({ filter: /.*/, namespace: 'load-when-used' }, ({ path, pluginData: { resolveDir } }) => ({
      contents: standIn(path, bundled.includes(path) ? ['default'] : Object.keys(require(path))),
      resolveDir,
      loader: 'js',
    }))
  },
}
