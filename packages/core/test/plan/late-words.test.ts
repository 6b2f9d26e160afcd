import { inspect } from 'node:util'
import { expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { type ChangeWords, withWords } from '../../src/plan/late-words.ts'

const wordsOf = ({ port }: { readonly port: number }): ChangeWords => ({
  object: `port ${port}`,
  description: `Opens port ${port}.`,
  before: null,
  after: `open ${port}`,
  reverse: `close ${port}`,
})

const plain = { action: 'add', operation: { port: 80 }, ...wordsOf({ port: 80 }) } as const

const late = () => withWords(wordsOf)({ action: 'add', operation: { port: 80 } } as const)

test('a change with late words equals one that was written out', () => {
  expect(late()).toEqual(plain)
  expect({ ...late() }).toEqual(plain)
  expect(Object.keys(late()).toSorted()).toEqual(Object.keys(plain).toSorted())
})

test('JSON, a copy by structuredClone and a printed change have the words', () => {
  expect(fromJson(JSON.stringify(late()))).toEqual(plain)
  expect(structuredClone(late())).toEqual(plain)
  expect(inspect(late())).toBe(inspect(plain))
  expect(inspect([late()])).not.toContain('Getter')
})

test('no words are made of a change that is not read', () => {
  const made: number[] = []
  const change = withWords((operation: { readonly port: number }) => {
    made.push(operation.port)
    return wordsOf(operation)
  })
  const [first, second] = [80, 443].map((port) => change({ action: 'add', operation: { port } } as const))
  expect(made).toEqual([])
  expect([second?.object, second?.reverse, first?.object]).toEqual(['port 443', 'close 443', 'port 80'])
  expect(made).toEqual([443, 80])
})

test('the words of a frozen change are read as those of any other', () => {
  expect(Object.freeze(late()).description).toBe('Opens port 80.')
})
