/** A plugin of esbuild that replaces parts of libraries' texts. It fails where a part is not found. */
import { readFile } from 'node:fs/promises'

const literally = (text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/**
 * @param name - the name of the plugin
 * @param files - the changed files: a path, and pairs of an old text and its replacement
 * @param where - the script that explains the replacements
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
