/**
 * Makes the command one bundle: packages/portolan/dist/bundle, which bin/portolan.js loads. Its sources are some
 * 1,100 modules, and Node takes longer to find and read them one by one than the command takes to do its work.
 *
 * Started by hand it writes the bundle. Jest calls it before the suites that start the command, so that no test
 * meets the bundle of older sources.
 */
import { realpathSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { build, stop } from 'esbuild'
import { bundleOptions } from './bundle-options.js'
import { reportPage } from './report-page.js'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'packages/portolan/dist/bundle')

const bundleSources = () =>
  build({
    ...bundleOptions,
    entryPoints: ['packages/portolan/src/command/main.ts'],
    outdir: folder,
    metafile: true,
    write: false,
  })

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

/** A file is replaced as a whole, and only by a different one: a command that runs meanwhile reads one or the other. */
const put = async (path, contents) => {
  const before = await readFile(path).catch(() => undefined)
  if (before?.equals(contents)) return
  await mkdir(dirname(path), { recursive: true })
  const whole = `${path}.${process.pid}`
  await writeFile(whole, contents)
  await rename(whole, path)
}

const bundleCommand = async () => {
  const { outputFiles, metafile } = await bundleSources()
  const page = join(folder, 'report-page.js')
  const pageScript = await reportPage()
  // esbuild's own process would live as long as the test run.
  await stop()
  const licences = join(folder, 'LICENSES.txt')
  // main.js last: the files that it names are there before it.
  for (const { path, contents } of outputFiles.reverse()) await put(path, Buffer.from(contents))
  await put(page, Buffer.from(pageScript))
  await put(licences, Buffer.from(await licenceText(metafile)))
  const kept = new Set(
    [...outputFiles.map(({ path }) => path), licences, page].map((path) => relative(folder, path)),
  )
  for (const entry of await readdir(folder)) if (!kept.has(entry)) await rm(join(folder, entry))
}

export default bundleCommand

if (realpathSync(process.argv[1] ?? '') === import.meta.filename) await bundleCommand()
