import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { replaceUnseen, visibleData, visibleLine, visibleText } from '../../src/text/index.ts'

const shows = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]*$/u
const anyText = fc.string({ unit: 'binary', maxLength: 60 })

describe('a line of text', () => {
  test.each([
    ['plain words, and more', 'plain words, and more'],
    ['Übergröße 漢字 \u05d0\u05d1 ₿', 'Übergröße 漢字 \u05d0\u05d1 ₿'],
    ['a\u001b[2Jb\u0007', 'a\\x1b[2Jb\\x07'],
    ['a\u009b31mb\u007f', 'a\\x9b31mb\\x7f'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
    ['a\u200bb\ufeffc\u2028d', 'a\\u{200b}b\\u{feff}c\\u{2028}d'],
    ['a\u{e0041}b', 'a\\u{e0041}b'],
    ['a\ud800b', 'a\\u{d800}b'],
    // A backslash is not escaped, so that a command with one can be copied.
    ["it'\\''s \\x1b", "it'\\''s \\x1b"],
  ])('%j is shown as %j', (text, shown) => {
    expect(visibleLine(text)).toBe(shown)
  })

  test('has nothing that does not show, and shows the same when it is made visible again', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = visibleLine(text)
        expect(shown).toMatch(shows)
        expect(visibleLine(shown)).toBe(shown)
      }),
    )
  })
})

test('a text of lines keeps its newlines and tabs, and nothing else that does not show', () => {
  expect(visibleText('a\n\tb\u001b\r\n')).toBe('a\n\tb\\x1b\\r\n')
  fc.assert(
    fc.property(anyText, (text) => {
      expect(visibleText(text).replaceAll(/[\n\t]/g, '')).toMatch(shows)
      expect(replaceUnseen(text, () => '').replaceAll(/[\n\t]/g, '')).toMatch(shows)
    }),
  )
})

test('data keeps its shape, and every string in it shows', () => {
  const data = { a: ['x\u001b', { b: 'y\n' }], c: null, d: 7, e: true }
  expect(visibleData(data)).toEqual({ a: ['x\\x1b', { b: 'y\\n' }], c: null, d: 7, e: true })
})
