import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from '@jest/globals'
import { parseSync } from '@swc/core'
import { sourcesOf } from './import-graph.ts'

const root = resolve(import.meta.dirname, '../..')
const packages = ['netfilter', 'core', 'host', 'iptables', 'nftables', 'portolan']
/** The subject of a sentence is the thing itself: the packet, the rule, the client, the program. */
const vague = /\b(who|whom|whoever|somebody|someone|nobody)\b/i
/** Of a comment a packet may be one whose port is free; a message says it in two sentences. */
const vagueInMessage = /\b(who|whom|whoever|whose|somebody|someone|nobody)\b/i
/** Not sentences of ours: the names of services in /etc/services. */
const notOurs = new Set(['packages/iptables/src/parse/value/service-port.ts'])

const files = packages.flatMap(sourcesOf).filter((file) => !notOurs.has(relative(root, file)))

/** The texts of a program: of strings, and of what templates have between their values. */
const textsOf = (node: unknown): readonly string[] => {
  if (Array.isArray(node)) return node.flatMap(textsOf)
  if (typeof node !== 'object' || node === null) return []
  const { type, value, raw } = node as { type?: string; value?: unknown; raw?: unknown }
  if (type === 'StringLiteral' && typeof value === 'string') return [value]
  if (type === 'TemplateElement' && typeof raw === 'string') return [raw]
  return Object.values(node).flatMap(textsOf)
}

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

test('so do comments and names', () => {
  expect(files.flatMap((file) => linesWith(vague, file, readFileSync(file, 'utf8').split('\n')))).toEqual([])
})

/** The folders of tests: of each package, and of what crosses packages. */
const testFolders = [...packages.map((name) => join(root, 'packages', name, 'test')), join(root, 'test')]

test('so do the names of tests', () => {
  const names = testFolders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file))
      .flatMap((file) => {
        const lines = readFileSync(file, 'utf8').split('\n')
        return linesWith(
          vague,
          file,
          lines.filter((line) => /^\s*(test|describe)\b[^=]*\(['"`]/.test(line)),
        )
      }),
  )
  expect(names).toEqual([])
})
