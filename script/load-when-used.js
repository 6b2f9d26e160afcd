/** A plugin of esbuild: modules that are loaded when something of them is used, though they are imported at the top. */
import { createRequire } from 'node:module'

/** Node's own that take time to load, and native code: most command lines use none of them. */
const external = [
  'netlink/dist/raw.js',
  ...[
    'child_process',
    'crypto',
    'fs/promises',
    'http',
    'module',
    'net',
    'readline',
    'stream',
    'stream/promises',
    'timers/promises',
    'v8',
    'vm',
    'worker_threads',
    'zlib',
  ].map((name) => `node:${name}`),
]

/**
 * These go into the bundle, each with a package of this workspace that has it. Loading `string-width` has regular
 * expressions of all emoji compiled.
 */
const bundled = {
  'string-width': 'portolan',
  yaml: '@portolan/core',
}

const requireOf = (from) => createRequire(import.meta.resolve(from))

/** A module of these has its function for all that it exports. */
const functions = ['string-width']

/** @returns the names of what a module exports as it is now; each is asked for when it is used */
const namesOf = (path) => {
  const found = requireOf(external.includes(path) ? '@portolan/host' : bundled[path])(path)
  return Object.keys(found).filter((name) => name !== '__esModule')
}

/**
 * To a file of a package of modules the default of a CommonJS module is all that it exports, with `__esModule` too: so
 * Node has it, and so has esbuild.
 */
const standInForFunction = (path) =>
  `module.exports = (...values) => require(${JSON.stringify(path)}).default(...values)`

const standIn = (path) =>
  `Object.defineProperties(exports, {
  __esModule: { value: true },
${namesOf(path)
  .map(
    (name) =>
      `  ${JSON.stringify(name)}: { enumerable: true, get: () => require(${JSON.stringify(path)})[${JSON.stringify(name)}] },`,
  )
  .join('\n')}
})`

/** @type {import('esbuild').Plugin} */
export const loadWhenUsed = {
  name: 'load-when-used',
  setup: ({ onResolve, onLoad }) => {
    const filter = new RegExp(`^(?:${[...external, ...Object.keys(bundled)].join('|')})$`)
    onResolve({ filter }, ({ path, namespace, resolveDir, kind }) => {
      if (namespace === 'load-when-used')
        return external.includes(path) ? { path, external: true } : undefined
      return kind === 'import-statement'
        ? { path, namespace: 'load-when-used', pluginData: { resolveDir } }
        : undefined
    })
    onLoad({ filter: /.*/, namespace: 'load-when-used' }, ({ path, pluginData: { resolveDir } }) => ({
      contents: functions.includes(path) ? standInForFunction(path) : standIn(path),
      resolveDir,
      loader: 'js',
    }))
  },
}
