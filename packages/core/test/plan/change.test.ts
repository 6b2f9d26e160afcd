import { expect, test } from '@jest/globals'
import { type Change, summarise } from '../../src/plan/index.ts'

const change = (action: Change['action']): Change => ({
  action,
  object: 'rule',
  description: 'Something.',
  before: null,
  after: null,
  reverse: '',
})

test('a summary counts changes by action', () => {
  expect(summarise([])).toEqual({ add: 0, change: 0, remove: 0 })
  expect(summarise((['add', 'remove', 'add', 'change', 'add'] as const).map(change))).toEqual({
    add: 3,
    change: 1,
    remove: 1,
  })
})
