import { readdirSync } from 'node:fs'
import type { Entry } from './entry.ts'

/** Lists the sources and not the built files, because a removed source leaves its built file behind. */
const sources = new URL('../entries/', import.meta.url)

/** The names of all entries, in alphabetical order. */
export const entryNames = (): readonly string[] =>
  readdirSync(sources)
    .flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -'.ts'.length)] : []))
    .sort()

export const loadEntry = async (name: string): Promise<Entry> => {
  const { entry } = (await import(`./entries/${name}.js`)) as { readonly entry?: Entry }
  if (entry === undefined) throw new Error(`bench/entries/${name}.ts exports no "entry"`)
  return entry
}
