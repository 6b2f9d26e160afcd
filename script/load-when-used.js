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

/** @returns the names of what a module exports as it is now; each is asked for when it is used */
const namesOf = (path) => {
  if (external.includes(path)) return Object.keys(requireOf('@portolan/host')(path))
  const found = path === 'string-width' ? { default: null } : requireOf(bundled[path])(path)
  return Object.keys(found).filter((name) => name !== '__esModule')
}

const standIn = (specifier, names) =>
  `Object.defineProperties(exports, {
  __esModule: { value: true },
${names.map((name) => `  ${JSON.stringify(name)}: { enumerable: true, get: () => require(${JSON.stringify(specifier)})[${JSON.stringify(name)}] },`).join('\n')}
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
      contents: standIn(path, namesOf(path)),
      resolveDir,
      loader: 'js',
    }))
  },
}
