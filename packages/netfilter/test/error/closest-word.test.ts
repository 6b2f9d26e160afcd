import { describe, expect, test } from '@jest/globals'
import { closestOf } from '../../src/text/reading.ts'

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
    expect(closestOf(word, words)).toBe(expected)
  })

  test.each([
    ['two edits of a word of five letters or more', 'dextrox', 'destroy'],
    ['three edits of one', 'dextrix', null],
    ['one edit of a shorter word', 'plax', 'plan'],
    ['two edits of one', 'plxx', null],
  ])('%s: %s is %j', (_edits, word, expected) => {
    expect(closestOf(word, words)).toBe(expected)
  })

  test.each(['frobnicate', 'x', 'toString', '', 'stat', 'host'])('for %j is none', (word) => {
    expect(closestOf(word, words)).toBeNull()
  })
})
