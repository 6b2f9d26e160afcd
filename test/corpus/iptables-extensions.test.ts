import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { parse, print } from '@portolan/iptables'
import { ParseError } from '@portolan/netfilter'
import { filesIn, named, nodesOf, rulesOf, withCorpus } from './iptables-files.ts'

/** A line of iptables' own extension tests. */
interface Case {
  readonly file: string
  readonly table: string
  readonly chain: string
  readonly written: string
  readonly listed: string
  readonly loads: boolean
}

/**
 * Parses a test file. `:CHAIN,CHAIN` and `*table` apply to the lines after them. A rule is `rule;as listed, or =;OK or
 * FAIL`.
 */
const casesOf = (file: string): readonly Case[] => {
  let [table, chain] = ['filter', 'INPUT']
  const cases: Case[] = []
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim()
    else if (line.startsWith(':')) chain = line.slice(1).split(',')[0]?.trim() ?? chain
    else if (line !== '' && !/^[#@%]/.test(line)) {
      const [written = '', listed = '', result] = line.split(';').map((part) => part.trim())
      cases.push({
        file: named(file),
        table,
        chain,
        written,
        listed: listed === '=' ? written : listed,
        loads: result === 'OK',
      })
    }
  }
  return cases
}

/** Valid rules that the kernel refuses in their chain. */
const wrongPlace: ReadonlySet<string> = new Set(['-m eui64'])

const readCase = ({
  file,
  table,
  chain,
  written,
}: Case): { listed: string | null; opaque: readonly string[] } => {
  const text = `*${table}\n:${chain} ACCEPT [0:0]\n-A ${chain} ${written}\nCOMMIT\n`
  try {
    const ruleset = parse(text, file, file.includes('libip6t') ? 'ip6' : 'ip')
    const [rule = ''] = rulesOf(print(ruleset, 'iptables-save'))
    return { listed: rule.slice(`-A ${chain}`.length).trim(), opaque: nodesOf(ruleset).opaque }
  } catch (error) {
    if (error instanceof ParseError) return { listed: null, opaque: [] }
    throw error
  }
}

withCorpus('the extension tests of iptables', () => {
  const cases = filesIn('iptables-extensions')
    .filter((file) => /\/(?:lib(?:xt|ipt|ip6t)_\w+|iptables)\.t$/.test(file))
    .flatMap(casesOf)

  test('every rule that loads is understood, and listed as the kernel lists it', () => {
    const loading = cases.filter(({ loads }) => loads)
    const read = loading.map((one) => ({ ...one, ...readCase(one), expected: one.listed }))
    const opaque = read.flatMap((one) => one.opaque)
    console.log(
      `iptables extension tests: ${read.length} rules that load, ${opaque.length} nodes left opaque`,
    )
    expect(read.length).toBeGreaterThan(300)
    expect(read.filter(({ listed, expected }) => listed !== expected)).toEqual([])
    expect(opaque).toEqual([])
  })

  test('every rule that does not load is refused or kept as it stands, and none is misread', () => {
    const failing = cases.filter(({ loads, written }) => !loads && !wrongPlace.has(written))
    const read = failing.map((one) => ({ written: one.written, ...readCase(one) }))
    const refused = read.filter(({ listed }) => listed === null)
    const kept = read.filter(({ opaque }) => opaque.length > 0)
    console.log(
      `iptables extension tests: ${read.length} rules that do not load, ${refused.length} refused, ${kept.length} kept`,
    )
    expect(read.length).toBeGreaterThan(130)
    expect(read.filter(({ listed, opaque }) => listed !== null && opaque.length === 0)).toEqual([])
    // An opaque match or target keeps all its words.
    const words = (text: string): string => text.split(' ').toSorted().join(' ')
    for (const { written, listed } of kept) expect(words(listed ?? '')).toBe(words(written))
  })
})
