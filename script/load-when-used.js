/**
 * A plugin of esbuild: some modules are loaded when they are first used, although they are imported at the top of a
 * file.
 */
import { createRequire } from 'node:module'

/** Modules of Node that take time to load. Most command lines use none of them. */
const external = [
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
  'tty',
  'v8',
  'vm',
  'worker_threads',
  'zlib',
].map((name) => `node:${name}`)

/**
 * Libraries in the bundle, each with a package of this workspace that depends on it. Loading `string-width` compiles
 * regular expressions of all emoji.
 */
const bundled = {
  'string-width': 'portolan',
  yaml: '@portolan/core',
}

const requireOf = (from) => createRequire(import.meta.resolve(from))

/** The libraries that export only a function. */
const functions = ['string-width']

/** @returns the names that a module exports; the stand-in has a getter for each */
const namesOf = (path) => {
  const found = requireOf(external.includes(path) ? '@portolan/host' : bundled[path])(path)
  return Object.keys(found).filter((name) => name !== '__esModule')
}

/**
 * Node and esbuild agree: when an ES module imports a CommonJS module, the default import is the whole
 * `module.exports`, even with `__esModule`.
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
