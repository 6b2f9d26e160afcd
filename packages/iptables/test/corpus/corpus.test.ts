import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse, print } from '../../src/index.ts'

// Rulesets that others wrote, kept beside the project: see the README there.
const corpus = join(import.meta.dirname, '../../../../../shared/corpus')
const there = existsSync(corpus)
if (!there && process.env.CI === 'true') throw new Error(`CI needs the corpus at ${corpus}`)
if (!there) console.warn(`SKIPPED: no corpus at ${corpus}.`)

const files = (folder: string): readonly string[] =>
  there
    ? readdirSync(join(corpus, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : []

/** What iptables-save itself printed: not written by hand, and not something else under a similar name. */
const isSaved = (file: string): boolean =>
  file.endsWith('.golden') ||
  /iptables-save[.\w]*$|fedora27-ip6?tables$|\/(wireless|policy-drop|ipt-save-filter)\.txt$/.test(file)

const byHand = /iptables-save\.topos1$|\/data\/iptables-save$|synology/

const saved = ['docker/iptabler', 'iptables-shell', 'real-dumps']
  .flatMap(files)
  .filter((file) => isSaved(file) && !byHand.test(file))

const named = (file: string): string => file.slice(corpus.length + 1)

const live = there ? describe : describe.skip

live('the corpus', () => {
  test('is there in full', () => {
    expect(saved.length).toBeGreaterThan(100)
  })

  test.each(saved.map((file) => [named(file), file]))('%s is printed back byte for byte', (_, file) => {
    const text = readFileSync(file, 'utf8')
    expect(print(parse(text, file), 'iptables-save')).toBe(text)
  })

  test('every rule of the extension tests of iptables keeps its words', () => {
    const rules = files('iptables-extensions')
      .filter((file) => /\/lib(xt|ipt|ip6t)_\w+\.t$/.test(file))
      .flatMap((file) => extensionRules(readFileSync(file, 'utf8')).map((rule) => ({ file, ...rule })))
    expect(rules.length).toBeGreaterThan(300)
    for (const { file, table, chain, written, expected } of rules) {
      const family = file.includes('libip6t') ? 'ip6' : 'ip'
      const text = `*${table}\n:${chain} ACCEPT [0:0]\n-A ${chain} ${written}\nCOMMIT\n`
      const lines = print(parse(text, file, family), 'iptables-save').split('\n')
      const [printed] = lines.filter((line) => line.startsWith('-A'))
      expect([`-A ${chain} ${written}`, `-A ${chain} ${expected}`]).toContain(printed)
    }
  })
})

interface ExtensionRule {
  readonly table: string
  readonly chain: string
  readonly written: string
  readonly expected: string
}

/** `:CHAIN,CHAIN` and `*table` hold for the lines after them; a rule is `rule;as printed, or =;OK or FAIL`. */
const extensionRules = (text: string): readonly ExtensionRule[] => {
  let table = 'filter'
  let chain = 'INPUT'
  const rules: ExtensionRule[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim()
    else if (line.startsWith(':')) chain = line.slice(1).split(',')[0]?.trim() ?? chain
    else if (!/^[#@%]/.test(line)) {
      const [written = '', expected = '=', result] = line.split(';').map((part) => part.trim())
      if (written !== '' && result === 'OK') {
        rules.push({ table, chain, written, expected: expected === '=' ? written : expected })
      }
    }
  }
  return rules
}
