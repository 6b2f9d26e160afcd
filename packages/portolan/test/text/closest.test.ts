import { describe, expect, test } from '@jest/globals'
import { closedValues } from '../../src/command/options/option-values.ts'
import { scriptFormats } from '../../src/script/script.ts'
import { didYouMean } from '../../src/text/closest.ts'

const words = ['plan', 'apply', 'destroy']

describe('the word that was most likely meant', () => {
  test('is asked about, or nothing is said', () => {
    expect(didYouMean('plna', words)).toBe(' Did you mean plan?')
    expect(didYouMean('frobnicate', words)).toBe('')
  })
})

test('the formats that --format is checked against are those of scripts', () => {
  expect(closedValues.format).toEqual(scriptFormats)
})
