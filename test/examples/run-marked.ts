import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runExample } from './run-example.ts'

/** What comments promise: one behind a console.log tells the start of what it prints. */
export const promisedIn = (code: string): readonly string[] =>
  [...code.matchAll(/console\.log\(.*\) \/\/ (.+)$/gm)].map(([, text = '']) => text)

/** Runs code as a module of its own and gives back the lines that it prints. */
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
