/**
 * Bundles a program as it ships, into `dist/bundle` of its package, with all its libraries except native code.
 * `main.cjs` is the code that each start needs, and a second file is the rest. A module that is imported dynamically
 * runs only then. The files are CommonJS, because Node 20 can keep V8's compiled code for a script but not for a
 * module.
 */
import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { nativeApart } from './bundle-native.js'
import { bundleOptions } from './bundle-options.js'
import { etcdApart } from './etcd-apart.js'
import { loadWhenUsed } from './load-when-used.js'
import { moduleFunction } from './module-function.js'

const root = join(import.meta.dirname, '..')

const { splitting: _splitting, banner: _banner, external, ...common } = bundleOptions

/** Leaves out the modules that a file never imports. `part` matches their import specifiers. */
const without = (part) => ({
  name: 'without',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: part }, ({ path }) => ({ path, namespace: 'without' }))
    onLoad({ filter: /./, namespace: 'without' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not in this file: a fault of Portolan's`)})`,
    }))
  },
})

const bundleOne = (folder, entryPoints, entryNames, { define = {}, plugins = [], isFunction = false } = {}) =>
  build({
    ...common,
    format: 'cjs',
    plugins: [...plugins, loadWhenUsed, nativeApart, etcdApart],
    external: external.filter((name) => name !== 'lmdb'),
    entryPoints,
    // Node 20 cannot run a dynamic import in a precompiled script (`A dynamic import callback was not specified`).
    supported: { 'dynamic-import': false },
    // The file's name has a hash of its text. V8's compiled code of another text does not fit it.
    entryNames,
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': 'importMetaUrl', 'import.meta.dirname': '__dirname', ...define },
    banner: {
      js: `${isFunction ? moduleFunction.open : ''}const importMetaUrl = require('node:url').pathToFileURL(__filename).href`,
    },
    footer: { js: isFunction ? moduleFunction.close : '' },
    // Without compiled code V8 parses the whole text, and half of it would be blanks and comments.
    minifyWhitespace: true,
    minifySyntax: true,
    // V8 reads a text of ASCII as single bytes.
    charset: 'ascii',
    legalComments: 'none',
    outdir: folder,
    metafile: true,
    write: false,
  })

/**
 * Bundles one file with its hash in the name, in the form that `loadScript` of packages/host/src/file/load-script.ts
 * loads.
 */
export const bundleFile = (folder, name, source, plugins) =>
  bundleOne(folder, { [name]: source }, '[name]-[hash]', { plugins, isFunction: true })

/**
 * @param folder - `packages/portolan/dist/bundle`
 * @param mains - the sources of the code that each start needs, by file name. `COMMANDS_FILE` in them becomes the
 *   name of the second file
 * @param rest - the source of the second file
 * @param name - the name of the second file, without its hash
 * @param brief - a third file: the source of the second one, without the modules that `without` matches. `BRIEF_FILE`
 *   becomes its name. null: no third file
 */
export const bundleProgram = async ({ folder, mains, rest, name, brief = null }) => {
  const commands = await bundleFile(folder, name, rest, [])
  const shorter =
    brief === null
      ? { outputFiles: [], metafile: { outputs: {} } }
      : await bundleFile(folder, brief.name, rest, [without(brief.without)])
  const [file, briefFile] = [commands, shorter].map(({ outputFiles }) =>
    JSON.stringify(basename(outputFiles[0]?.path ?? '')),
  )
  const start = await bundleOne(folder, mains, '[name]', {
    define: { COMMANDS_FILE: file, BRIEF_FILE: briefFile },
  })
  return {
    // Files are written in reverse order. So the entries come first here: they are written after the files that they
    // name.
    outputFiles: [...start.outputFiles, ...shorter.outputFiles, ...commands.outputFiles],
    metafile: {
      outputs: { ...commands.metafile.outputs, ...shorter.metafile.outputs, ...start.metafile.outputs },
    },
  }
}

/** Deletes V8's compiled code of other files than these (packages/host/src/file/load-script.ts keeps it). */
export const forgetCompiled = async ({ folder, outputFiles }) => {
  const compiled = join(root, folder, '../compiled')
  const names = outputFiles.map(({ path }) => `${basename(path, '.cjs')}.`)
  for (const entry of await readdir(compiled).catch(() => []))
    if (!names.some((name) => entry.startsWith(name))) await rm(join(compiled, entry), { force: true })
}
