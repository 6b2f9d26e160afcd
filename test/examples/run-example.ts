import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundleExample } from '../suites/bundle-example.js'

/**
 * Runs a file as a module of its own, and returns the lines that it printed with console.log.
 *
 * @param url - a TypeScript file, anywhere. `portolan` and its packages mean the sources of this tree
 */
export const runExample = async (url: URL): Promise<readonly string[]> => {
  const printed: string[] = []
  const folder = mkdtempSync(join(tmpdir(), 'portolan-example-'))
  const { log } = console
  console.log = (...words: readonly unknown[]) => {
    printed.push(...words.join(' ').split('\n'))
  }
  try {
    const made = join(folder, 'example.mjs')
    await bundleExample(fileURLToPath(url), made)
    await import(pathToFileURL(made).href)
  } finally {
    console.log = log
    rmSync(folder, { recursive: true })
  }
  return printed
}
