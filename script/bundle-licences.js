/** The licences of the libraries whose code is in a bundle. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** The folders of the bundled libraries from the registry. */
const librariesIn = (metafile) => {
  const folders = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).flatMap(
      (input) => input.match(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/)?.[0] ?? [],
    ),
  )
  return [...new Set(folders)].sort()
}

/** The text of a licence that a package only names, without a licence file. */
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

/** The licence texts of all bundled libraries. The licences require that every copy comes with them. */
export const licenceText = async (metafile) => {
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
