import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from '@jest/globals'
import { parse, print, type Ruleset } from '@portolan/iptables'

/** The folder of foreign rulesets, beside the project: see the README there. */
export const corpus: string = join(import.meta.dirname, '../../../shared/corpus')

const there = existsSync(corpus)
if (!there && process.env.CI === 'true') throw new Error(`CI needs the corpus at ${corpus}`)
if (!there) console.warn(`SKIPPED: no corpus at ${corpus}.`)

export const withCorpus: typeof describe | typeof describe.skip = there ? describe : describe.skip

/** All files below a folder of the corpus. */
export const filesIn = (folder: string): readonly string[] =>
  there
    ? readdirSync(join(corpus, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .toSorted()
    : []

export const named = (file: string): string => file.slice(corpus.length + 1)

/** Files among them that are no rulesets: XML, and the syntax tree of another parser. */
const other = /\.xml$|synology/

const allFiles = (): readonly string[] =>
  ['docker/iptabler', 'iptables-shell', 'real-dumps', 'batfish'].flatMap(filesIn)

/** All iptables rulesets of the corpus, saved ones and hand-written ones. */
export const rulesetFiles = (): readonly string[] => allFiles().filter((file) => !other.test(file))

export const foreignFiles = (): readonly string[] => allFiles().filter((file) => other.test(file))

/** The matches and targets of a ruleset, and the opaque ones among them. */
export const nodesOf = (ruleset: Ruleset): { readonly all: number; readonly opaque: readonly string[] } => {
  const nodes = ruleset.tables
    .flatMap((table) => table.chains.flatMap((chain) => chain.rules))
    .flatMap(({ matches, target }) => [...matches, ...(target === null ? [] : [target])])
  return { all: nodes.length, opaque: nodes.flatMap((node) => (node.kind === 'opaque' ? [node.text] : [])) }
}

/** The rules of a listing, without counters. */
export const rulesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/^\[\d+:\d+\] /, ''))
    .filter((line) => line.startsWith('-A'))

export const listing = (text: string, source: string): string => print(parse(text, source), 'iptables-save')
