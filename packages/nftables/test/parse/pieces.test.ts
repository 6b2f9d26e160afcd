import { describe, expect, test } from '@jest/globals'
import { ParseError } from '@portolan/netfilter'
import fc from 'fast-check'
import { parse } from '../../src/index.ts'
import { visitPieces } from '../../src/parse/json/pieces.ts'

const table = { table: { family: 'inet', name: 't', handle: 1 } }
const chain = { chain: { family: 'inet', table: 't', name: 'c', handle: 1 } }
const rule = (comment: string, ...expr: readonly unknown[]) => ({
  rule: { family: 'inet', table: 't', chain: 'c', comment, expr },
})

/** A listing that is long enough to be read in several pieces. nft itself puts a space after commas and colons. */
const many = (of: (at: number) => unknown): readonly unknown[] => [
  table,
  chain,
  ...Array.from({ length: 1500 }, (_, at) => of(at)),
]
const listing = (entries: readonly unknown[], indent?: number) =>
  JSON.stringify({ nftables: entries }, null, indent)

/** The same list with another key after it, so that it is not read in pieces. */
const whole = (text: string): string => text.replace(/\}\s*$/, ', "after": 0}')

const faultOf = (text: string): ParseError => {
  try {
    parse(text, 'rules.json')
  } catch (error) {
    if (error instanceof ParseError) return error
    throw error
  }
  throw new Error('it was read')
}

const plain = (at: number) =>
  rule(
    `port ${at}`,
    { match: { op: '==', left: { meta: { key: 'iifname' } }, right: 'eth0' } },
    { accept: null },
  )

describe('a listing of many rules', () => {
  test.each([
    ['as nft prints it', undefined],
    ['with a line for each value', 2],
  ])('%s is what it is when read whole', (_, indent) => {
    const text = listing(many(plain), indent)
    const read = parse(text)
    expect(text.length).toBeGreaterThan(3 * 2 ** 16)
    expect(read.tables[0]?.chains[0]?.rules).toHaveLength(1500)
    expect(read).toEqual(parse(whole(text)))

    const shown: unknown[] = []
    expect(visitPieces(text, (entry) => shown.push(entry))).toBe(true)
    expect(shown).toEqual(many(plain))
    expect(visitPieces(whole(text), () => undefined)).toBe(false)
  })

  test('is read whole where a piece would be cut within an entry', () => {
    const text = listing(many((at) => ({ odd: [plain(at), plain(at)] })))
    expect(visitPieces(text, () => undefined)).toBe(false)
    expect(parse(text).opaque).toHaveLength(1500)
  })

  test.each<[string, (at: number) => unknown]>([
    ['a comment that looks like the next rule', (at) => rule(`"}, {"rule": {"chain": ${at}`, { drop: null })],
    ['a comment that ends in a backslash', (at) => rule(`${at}\\`, { drop: null })],
    ['a comment of brackets and quotes', (at) => rule(`]}],[{"${at}"\\"`, { drop: null })],
    ['something unknown that holds rules', (at) => ({ odd: [plain(at), { rule: { at } }, { chain: [at] }] })],
    ['rules to be added', (at) => ({ add: plain(at) })],
  ])('with %s is what it is when read whole', (_, of) => {
    const text = listing(many(of))
    expect(parse(text)).toEqual(parse(whole(text)))
  })

  test('says where it stops being JSON, in whatever piece that is', () => {
    const text = listing(many(plain), 1)
    const lines = text.split('\n')
    for (const part of [0.1, 0.5, 0.9]) {
      const at = Math.floor(part * lines.length)
      const broken = [...lines.slice(0, at), '  oops', ...lines.slice(at)].join('\n')
      expect(faultOf(broken)).toMatchObject({ source: 'rules.json', line: at + 1, column: 3 })
    }
  })

  test('says which entry is no object, and names a fault of the JSON first', () => {
    const entries = many((at) => (at === 1200 ? 42 : plain(at)))
    const text = listing(entries).replace(',42,', ',\n42,')
    expect(faultOf(text)).toMatchObject({ line: 2, column: 1 })
    expect(faultOf(text).message).toContain('every entry')
    expect(faultOf(text.replace(/\]\s*\}$/, '\noops]}'))).toMatchObject({ line: 3, column: 1 })
  })

  test('says where brackets are nested too deep, also in the last of its rules', () => {
    const deep = `${'['.repeat(300)}${']'.repeat(300)}`
    const text = listing(many(plain)).replace(/\]\s*\}$/, `,\n{"rule":${deep}}]}`)
    expect(faultOf(text)).toMatchObject({ line: 2, column: 8 + 198 })
  })
})

test('a text of any JSON under "nftables" is read, or refused, as when it is read whole', () => {
  const outcome = (text: string): unknown => {
    try {
      return parse(text)
    } catch (error) {
      return error instanceof ParseError ? error.message.replace(/^.*?: /, '') : error
    }
  }
  const space = fc.constantFrom('', ' ', '\n')
  fc.assert(
    fc.property(fc.array(fc.json({ maxDepth: 3 }), { maxLength: 4 }), space, space, (entries, one, other) => {
      const text = `${one}{${other}"nftables"${one}:${other}[${entries.join(`${one},${other}`)}${one}]${other}}${one}`
      const last = text.lastIndexOf('}')
      expect(outcome(text)).toEqual(outcome(`${text.slice(0, last)},"after":0}`))
    }),
  )
})
