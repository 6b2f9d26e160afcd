import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from '@jest/globals'
import { parseSync } from '@swc/core'
import { sourcesOf } from './import-graph.ts'
import { textsOf } from './texts.ts'

const root = resolve(import.meta.dirname, '../..')
const packages = ['netfilter', 'core', 'host', 'iptables', 'nftables', 'portolan']
/** The subject of a sentence must be the packet, the rule, the client or the program. */
const vague = /\b(who|whom|whoever|somebody|someone|nobody)\b/i
/** A comment may say "a packet whose port is free". A message uses two sentences instead. */
const vagueInMessage = /\b(who|whom|whoever|whose|somebody|someone|nobody)\b/i
/** Files that must contain these words. */
const exceptions = new Set([
  // It has the names of services in /etc/services.
  'packages/iptables/src/parse/grammar/value/service-port.ts',
  // It has the list of the words.
  'test/architecture/words.test.ts',
])

const isHeld = (file: string): boolean => !exceptions.has(relative(root, file))

const files = packages.flatMap(sourcesOf).filter(isHeld)

/** The folders of texts beside the packages' sources: tests, benches, examples and scripts. */
const folders = [
  ...packages.map((name) => join(root, 'packages', name, 'test')),
  ...['test', 'bench', 'examples', 'script'].map((name) => join(root, name)),
]

/**
 * File names with texts of the project; a script may have no ending. Rulesets and answers of other programs have other
 * endings.
 */
const written = /^[^.]+$|\.(ts|js|mjs|py|txt|md)$/

const filesBeside = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && written.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/\/(node_modules|dist)\//.test(file) && isHeld(file)),
)

const linesWith = (pattern: RegExp, file: string, texts: readonly string[]): readonly string[] =>
  texts.filter((text) => pattern.test(text)).map((text) => `${relative(root, file)}: ${text.trim()}`)

test('the texts of a program are its strings and its templates', () => {
  const program = parseSync(`const who = "a"; f(\`b\${who}c\`, { d: 1 })`, { syntax: 'typescript' })
  expect(textsOf(program)).toEqual(['a', 'b', 'c'])
})

test('messages name the packet, the rule or the program they speak of', () => {
  expect(
    files.flatMap((file) => {
      const program = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript' })
      return linesWith(vagueInMessage, file, textsOf(program))
    }),
  ).toEqual([])
})

/** The documents that a reader of the repository or of a package reads first. */
const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
  .map((name) => join(root, name))
  .concat(packages.map((name) => join(root, 'packages', name, 'README.md')))
  .concat(
    readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(root, 'docs', name)),
  )

test.each([
  ['of the sources', files],
  ['of tests, benches, examples and scripts', filesBeside],
  ['of documents', documents],
])('so does the text %s', (_, held) => {
  expect(held.length).toBeGreaterThan(8)
  expect(held.flatMap((file) => linesWith(vague, file, readFileSync(file, 'utf8').split('\n')))).toEqual([])
})
