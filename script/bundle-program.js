/**
 * A program as it ships, in a folder `dist/bundle` of its package: all that it loads, but for native code.
 * `main.cjs` is what each start needs, and another file the rest. A module that is imported when it is used is run then.
 * They are CommonJS: V8 can be handed what it compiled of such a text before, which Node 20 cannot do for a module.
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

/** Leaves out what a text never comes to import: `part` names those modules as they are imported. */
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
    // A text that was compiled before cannot import (`A dynamic import callback was not specified`, Node 20).
    supported: { 'dynamic-import': false },
    // The name of the rest says which it is: what V8 compiled of another is not for it.
    entryNames,
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': 'importMetaUrl', 'import.meta.dirname': '__dirname', ...define },
    banner: {
      js: `${isFunction ? moduleFunction.open : ''}const importMetaUrl = require('node:url').pathToFileURL(__filename).href`,
    },
    footer: { js: isFunction ? moduleFunction.close : '' },
    // Where nothing is compiled yet the text is read, and half of it is blanks and comments.
    minifyWhitespace: true,
    minifySyntax: true,
    // It is read byte by byte.
    charset: 'ascii',
    legalComments: 'none',
    outdir: folder,
    metafile: true,
    write: false,
  })

/** One file, whose name says which it is, as `loadScript` of packages/host/src/file/load-script.ts takes it. */
export const bundleFile = (folder, name, source, plugins) =>
  bundleOne(folder, { [name]: source }, '[name]-[hash]', { plugins, isFunction: true })

/**
 * @param folder - `packages/portolan/dist/bundle`
 * @param mains - the sources of what each start needs, by the names of their files; they find the name of the other file
 * in `COMMANDS_FILE`
 * @param rest - the source of the rest, and what its file is called
 * @param brief - a third file, of the same source as the rest without the modules that `without` names; its name is in
 * `BRIEF_FILE`
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
    // An entry first, before what it names: they are written in turn from the last.
    outputFiles: [...start.outputFiles, ...shorter.outputFiles, ...commands.outputFiles],
    metafile: {
      outputs: { ...commands.metafile.outputs, ...shorter.metafile.outputs, ...start.metafile.outputs },
    },
  }
}

/** Takes away what V8 compiled of other files than these (packages/host/src/file/load-script.ts keeps it). */
export const forgetCompiled = async ({ folder, outputFiles }) => {
  const compiled = join(root, folder, '../compiled')
  const names = outputFiles.map(({ path }) => `${basename(path, '.cjs')}.`)
  for (const entry of await readdir(compiled).catch(() => []))
    if (!names.some((name) => entry.startsWith(name))) await rm(join(compiled, entry), { force: true })
}
