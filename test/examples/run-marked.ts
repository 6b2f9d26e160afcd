import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runExample } from './run-example.ts'

/** The outputs that comments promise. A comment behind a console.log has the start of its output. */
export const promisedIn = (code: string): readonly string[] =>
  [...code.matchAll(/console\.log\(.*\) \/\/ (.+)$/gm)].map(([, text = '']) => text)

/** Runs code as a module of its own, and returns the lines that it prints. */
export const runMarked = async (code: string): Promise<readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-example-'))
  try {
    const file = join(folder, 'example.ts')
    writeFileSync(file, code)
    return await runExample(pathToFileURL(file))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
