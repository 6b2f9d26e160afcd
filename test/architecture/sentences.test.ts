import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { expect, test } from '@jest/globals'
import { sourcesOf } from './import-graph.ts'
import { sentenceMatches } from './sentence-matches.ts'

const root = resolve(import.meta.dirname, '../..')
const packages = ['netfilter', 'core', 'host', 'iptables', 'nftables', 'portolan']

/**
 * Foreign sentences, which may be searched: unknown matches of iptables, Node's messages about options, messages of XML
 * and YAML parsers.
 */
const ofOthers: Readonly<Record<string, readonly string[]>> = {
  'packages/core/src/conflict/remedy/decision.ts': [
    'countsPackets.test(step.text)',
    'listsOfSources.test(step.text)',
  ],
  'packages/core/src/engine/xml.ts': ["message.replace(/^\\d+:\\d+: |\\.$/g, '')"],
  'packages/core/src/intent/compose/yaml-words.ts': ['pattern.test(message)'],
  // A culprit's text may begin with the name of its tool. Only that word depends on this.
  'packages/portolan/src/plan/print/list-conflicts.ts': ['text.startsWith(tool)'],
  'packages/portolan/src/command/options/options.ts': [
    "/^Option '(.+?)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(why)",
    'why.search(/\\.(\\s|$)/)',
  ],
}

test('no code looks into a sentence that we wrote: what it says is known by its kind', () => {
  const found = packages.flatMap(sourcesOf).flatMap((file) => {
    const name = relative(root, file)
    const known = ofOthers[name] ?? []
    return sentenceMatches(readFileSync(file, 'utf8')).flatMap((one) =>
      known.includes(one) ? [] : [`${name}: ${one}`],
    )
  })
  expect(found).toEqual([])
})

test.each([
  `/^TTL/.test(step.text ?? '')`,
  `const text = last?.cause?.text; if (text?.startsWith('TTL')) f()`,
  `const told = ({ cause }: TraceStep) => { const { text } = cause; return /a/.exec(text) }`,
  `const f = ({ text }: Culprit) => text.includes(' = ')`,
  `const { message: words } = error; words.toLowerCase().split(':')`,
  `if (error.message === 'plan again') f()`,
  `if (conflict.remedy.text !== \`run \${command}\`) f()`,
  `switch (entry.sentence) { case 'a': f() }`,
  `const f = (step) => step['verdict'].startsWith('dnat')`,
  `String(error.message).match(/a/)`,
])('a look into a sentence is seen: %s', (code) => {
  expect(sentenceMatches(code).length).toBeGreaterThan(0)
})

test.each([
  `print(step.cause.text)`,
  `if (step.verdict.kind === 'accept') f()`,
  `rule.source.text.startsWith('-A')`,
  `const { text } = rule.source; text.includes('a')`,
  `one.cause?.text === other.cause?.text`,
])('what is told, is compared with its like, or is of others, may be: %s', (code) => {
  expect(sentenceMatches(code)).toEqual([])
})
