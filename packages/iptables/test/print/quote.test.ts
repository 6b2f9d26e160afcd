import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { probabilityText } from '../../src/parse/grammar/value/probability.ts'
import { splitWords } from '../../src/parse/line/split-words.ts'
import { quote } from '../../src/print/quote.ts'

describe('quote', () => {
  test.each([
    ['portolan', 'portolan'],
    ['a-b_9', 'a-b_9'],
    ['', '""'],
    ['a b', '"a b"'],
    ['demo/web', '"demo/web"'],
    [`"'\\`, `"\\"\\'\\\\"`],
  ])('writes %j as iptables-save does', (value, text) => {
    expect(quote(value)).toBe(text)
  })

  test('is undone by the reader for every string without a line break', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = value.replaceAll(/[\n\r]/g, '')
        const words = splitWords(`--comment ${quote(text)} -j DROP`)
        expect(words).toMatchObject([{}, { text }, { text: '-j' }, { text: 'DROP' }])
      }),
    )
  })
})

describe('a probability', () => {
  test.each([
    [2 ** 30, '0.50000000000'],
    [Math.round(2 ** 31 / 3), '0.33333333349'],
    // A tie goes to the even digit, as in C: 1/4096 is 0.000244140625 exactly.
    [2 ** 19, '0.00024414062'],
    [3 * 2 ** 19, '0.00073242188'],
    [2 ** 31, '1.00000000000'],
  ])('of %d/2^31 is printed as %s', (probability, text) => {
    expect(probabilityText(probability)).toBe(text)
  })
})
