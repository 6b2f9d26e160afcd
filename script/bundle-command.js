/**
 * The command, packages/portolan/dist/bundle: all that it loads, but for libraries with native code. `main.cjs` is what
 * each start needs, and the other file all commands. A module that a command imports when it is used is run then. They
 * are CommonJS: V8 can be handed what it compiled of such a text before, which Node 20 cannot do for a module.
 */
import { readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { bundleOptions } from './bundle-options.js'
import { loadWhenUsed } from './load-when-used.js'
import { reportPage } from './report-page.js'

const root = join(import.meta.dirname, '..')
const folder = 'packages/portolan/dist/bundle'

/** Where the command keeps what V8 compiled of it (packages/portolan/src/command/load-script.ts). */
const compiled = join(root, 'packages/portolan/dist/compiled')

const { splitting: _splitting, banner: _banner, ...common } = bundleOptions

const bundleOne = (entry, name, define = {}) =>
  build({
    ...common,
    format: 'cjs',
    plugins: [loadWhenUsed],
    entryPoints: { [name]: `packages/portolan/src/command/${entry}` },
    // A text that was compiled before cannot import (`A dynamic import callback was not specified`, Node 20).
    supported: { 'dynamic-import': false },
    // The name of all commands says which they are: what V8 compiled of others is not for them.
    entryNames: name === 'main' ? '[name]' : '[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': 'importMetaUrl', 'import.meta.dirname': '__dirname', ...define },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href" },
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

const bundleSources = async () => {
  const commands = await bundleOne('run.ts', 'commands')
  const [file] = commands.outputFiles
  const main = await bundleOne('main.ts', 'main', { COMMANDS_FILE: JSON.stringify(basename(file.path)) })
  return {
    // An entry first, before what it names: they are written in turn from the last.
    outputFiles: [...main.outputFiles, ...commands.outputFiles],
    metafile: { outputs: { ...commands.metafile.outputs, ...main.metafile.outputs } },
  }
}

/** Takes away what V8 compiled of other commands than these. */
export const forgetCompiled = async (outputFiles) => {
  const names = outputFiles.map(({ path }) => `${basename(path, '.cjs')}.`)
  for (const entry of await readdir(compiled).catch(() => []))
    if (!names.some((name) => entry.startsWith(name))) await rm(join(compiled, entry), { force: true })
}

/** The folders of the packages from the registry that are in the bundle. */
const librariesIn = (metafile) => {
  const folders = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).flatMap(
      (input) => input.match(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/)?.[0] ?? [],
    ),
  )
  return [...new Set(folders)].sort()
}

/** The text of a licence that a package names and does not bring. */
const knownText = (name, license, author) => {
  if (license !== 'ISC' || author === undefined)
    throw new Error(
      `${name} has no licence file, so it cannot be part of the bundle: make it external in script/bundle.js.`,
    )
  return `Copyright (c) ${author.name ?? author}

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.`
}

/** The licences of the libraries in the bundle: they ask to be kept with every copy. */
const licenceText = async (metafile) => {
  const texts = await Promise.all(
    librariesIn(metafile).map(async (library) => {
      const { name, version, license, author } = JSON.parse(
        await readFile(join(root, library, 'package.json'), 'utf8'),
      )
      const file = (await readdir(join(root, library))).find((entry) => /^licen[cs]e/i.test(entry))
      const text =
        file === undefined
          ? knownText(name, license, author)
          : await readFile(join(root, library, file), 'utf8')
      return `${name} ${version} (${license})\n\n${text.trim()}\n`
    }),
  )
  return `The files beside this one contain code of these libraries.\n\n${texts.join('\n---\n\n')}`
}

const textFile = (name, text) => ({ path: join(root, folder, name), contents: Buffer.from(text) })

/** What its folder is to hold. */
export const bundleCommand = async () => {
  const [{ outputFiles, metafile }, page] = await Promise.all([bundleSources(), reportPage()])
  const licences = textFile('LICENSES.txt', await licenceText(metafile))
  return { folder, outputFiles: [...outputFiles, textFile('report-page.js', page), licences] }
}
