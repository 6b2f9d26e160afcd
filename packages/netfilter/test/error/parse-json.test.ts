import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ParseError, parseErrorAt, parseJson } from '../../src/error/index.ts'

const read = (text: string): unknown => parseJson(text, 'a.json', (found) => `expected JSON: ${found}`)

const faultOf = (text: string): string => {
  try {
    read(text)
    return 'none'
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return error.message
  }
}

describe('JSON', () => {
  test.each([
    ['', 'a.json:1:1: expected JSON: the text ends too soon'],
    ['{"a": }', 'a.json:1:7: expected JSON: unexpected "}"'],
    ['[1,\n 2,\n]', 'a.json:3:1: expected JSON: unexpected "]"'],
    ['{"a": 1} x', 'a.json:1:10: expected JSON: unexpected "x"'],
    ['{a: 1}', 'a.json:1:2: expected JSON: unexpected "a"'],
    ['{"a" 1}', 'a.json:1:6: expected JSON: unexpected "1"'],
    ['[1 2]', 'a.json:1:4: expected JSON: unexpected "2"'],
    ['["\t"]', 'a.json:1:2: expected JSON: unexpected "\\""'],
    ['[01]', 'a.json:1:3: expected JSON: unexpected "1"'],
    ['[[[', 'a.json:1:4: expected JSON: the text ends too soon'],
  ])('%j is faulty where it first is: %s', (text, message) => {
    expect(faultOf(text)).toBe(message)
  })

  test.each([
    [
      'brackets nested 201 deep',
      `\n${'['.repeat(201)}${']'.repeat(201)}`,
      'a.json:2:201: expected JSON: it is nested more than 200 deep',
    ],
    [
      'five million lists',
      `[${'[],'.repeat(5_000_000)}[]]`,
      'a.json:1:14999999: expected JSON: it has more than 5000000 lists and objects',
    ],
  ])('%s are refused where they become too many', (_, text, message) => {
    expect(faultOf(text)).toBe(message)
  })

  test('of brackets nested 200 deep, and any number in strings, is read; so is what a byte order mark begins', () => {
    expect(faultOf(`${'['.repeat(200)}${']'.repeat(200)}`)).toBe('none')
    expect(read(`\ufeff["${'['.repeat(1000)}"]`)).toEqual(['['.repeat(1000)])
  })

  test('that is sound is read, control characters that JSON allows and all', () => {
    expect(read('{"a": [1, -2.5e3, "\\u0000\u007f", null, true]}')).toEqual({
      a: [1, -2500, '\u0000\u007f', null, true],
    })
  })

  test('cut anywhere ends too soon or is sound, and a foreign character is found where it stands', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, seed) => {
        const text = JSON.stringify([value], null, seed % 3)
        const cut = text.slice(0, seed % text.length)
        expect(faultOf(cut)).toMatch(/the text ends too soon$|unexpected "/)
        const message = faultOf(`${text}?`)
        const lines = text.split('\n')
        expect(message).toBe(
          `a.json:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}: expected JSON: unexpected "?"`,
        )
      }),
    )
  })
})

test('an error at a character shows what stands around it, not a line of a thousand others', () => {
  const text = `first\n${'x'.repeat(500)}?${'y'.repeat(500)}\nlast`
  const error = parseErrorAt(text, 'file', 506, 'what is this?')
  expect(error.message).toBe('file:2:501: what is this?')
  expect(error.snippet).toContain('?')
  expect(error.snippet.length).toBeLessThanOrEqual(80)
})
