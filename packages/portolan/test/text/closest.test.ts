import { describe, expect, test } from '@jest/globals'
import { closedValues } from '../../src/command/option-values.ts'
import { scriptFormats } from '../../src/script/script.ts'
import { closest, didYouMean } from '../../src/text/closest.ts'

const words = ['plan', 'apply', 'destroy', 'status', 'subnet', 'rules', 'no-conflicts', 'yes', 'in']

describe('the word that was most likely meant', () => {
  test.each([
    ['plna', 'plan'],
    ['pln', 'plan'],
    ['plann', 'plan'],
    ['aply', 'apply'],
    ['destory', 'destroy'],
    ['sttaus', 'status'],
    ['rule', 'rules'],
    ['no-conflict', 'no-conflicts'],
    ['noconflicts', 'no-conflicts'],
    ['yess', 'yes'],
  ])('for %s is %s', (word, expected) => {
    expect(closest(word, words)).toBe(expected)
  })

  test.each(['frobnicate', 'x', 'toString', '', 'stat', 'host'])('for %j is none', (word) => {
    expect(closest(word, words)).toBeNull()
  })

  test('is asked about, or nothing is said', () => {
    expect(didYouMean('plna', words)).toBe(' Did you mean plan?')
    expect(didYouMean('frobnicate', words)).toBe('')
  })
})

test('the formats that --format is checked against are those of scripts', () => {
  expect(closedValues.format).toEqual(scriptFormats)
})
