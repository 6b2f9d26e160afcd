import type { Reader } from '../grammar.ts'
import { readWhole } from './number.ts'

const token = /\s*(&&|>>|<<|[&@=,:]|[0-9][0-9a-fx]*)/iy

const isNumber = (word: string | undefined): word is string => word !== undefined && /^\d/.test(word)

const location = (words: readonly string[]): boolean =>
  words.every((word, index) => (index % 2 === 0 ? isNumber(word) : ['&', '<<', '>>', '@'].includes(word))) &&
  words.length % 2 === 1

const range = (text: string): boolean => /^\w+(?::\w+)?$/.test(text)

/**
 * Do the words form tests `location = ranges`, joined by `&&`? A location is a number, followed by `&`, `<<`, `>>` or
 * `@` with numbers.
 */
const fits = (words: readonly string[]): boolean => {
  const tests: string[][] = [[]]
  for (const word of words) {
    if (word === '&&') tests.push([])
    else tests.at(-1)?.push(word)
  }
  return tests.every((test) => {
    const equals = test.indexOf('=')
    if (equals < 0 || !location(test.slice(0, equals))) return false
    const ranges = test.slice(equals + 1)
    const numbers = ranges.filter(isNumber).length
    // Numbers and separators alternate, so there is one more number than separators.
    return numbers * 2 - 1 === ranges.length && ranges.join('').split(',').every(range)
  })
}

/** Reads a program of `-m u32`. It is printed without blanks and with every number in hex, as libxt_u32 prints it. */
export const u32Program: Reader = (text) => {
  const words: string[] = []
  token.lastIndex = 0
  let end = 0
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [, word = ''] = found
    end = token.lastIndex
    const value = isNumber(word) ? readWhole(word, 0xffffffff) : null
    if (isNumber(word) && value === null) return null
    words.push(value === null ? word : `0x${value.toString(16)}`)
  }
  return text.slice(end).trim() === '' && fits(words) ? words.join('') : null
}
