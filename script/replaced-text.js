/** A plugin of esbuild: libraries with other text in the place of some of theirs, which has to be there. */
import { readFile } from 'node:fs/promises'

const literally = (text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/**
 * @param name - of the plugin
 * @param files - what has changes: the path of a file, and pairs of its text and of what takes its place
 * @param where - the script that says why
 * @returns {import('esbuild').Plugin}
 */
export const replacedText = (name, files, where) => ({
  name,
  setup: ({ onLoad }) => {
    for (const [file, changes] of files)
      onLoad({ filter: new RegExp(`^${literally(file)}$`) }, async () => {
        let contents = await readFile(file, 'utf8')
        for (const [text, other] of changes) {
          if (!contents.includes(text))
            throw new Error(`${file} has no ${text} any more: look at what it loads, and at ${where}.`)
          contents = contents.replaceAll(text, () => other)
        }
        return { contents, loader: 'js' }
      })
  },
})
