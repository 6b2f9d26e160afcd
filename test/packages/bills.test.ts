import { expect, test } from '@jest/globals'
import { forbiddenIn } from './bills.ts'

const library = (name: string, licenses?: readonly object[]) => ({
  name,
  version: '1.0.0',
  'bom-ref': name,
  ...(licenses && { licenses }),
})

test('a library whose licence is not in the list is named with it, and so is one without a licence', () => {
  const components = [
    library('kept', [{ license: { id: 'MIT' } }]),
    library('copyleft', [{ license: { id: 'GPL-3.0-only' } }]),
    library('of-two', [{ license: { id: 'MIT' } }, { license: { name: 'Commons Clause' } }]),
    library('either', [{ expression: 'MIT OR GPL-3.0-only' }]),
    library('silent'),
  ]
  expect(forbiddenIn({ components })).toEqual([
    'copyleft 1.0.0: GPL-3.0-only',
    'of-two 1.0.0: MIT, Commons Clause',
    'either 1.0.0: MIT OR GPL-3.0-only',
    'silent 1.0.0: no licence',
  ])
})
