import { expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import * as dialect from '../src/index.ts'

const functions = dialect as unknown as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>
const values: readonly unknown[] = [undefined, null, 5, 'x', {}, [], true]

test.each([
  ['parse', 'the argument text is ', values.filter((value) => typeof value !== 'string')],
  ['print', 'the argument ruleset is ', values],
  ['lower', 'the argument ruleset is ', values],
])('%s names an argument of another kind', (name, words, wrong) => {
  for (const value of wrong) {
    const call = () => functions[name]?.(value, name === 'print' ? 'nft' : undefined)
    expect(call).toThrow(InvalidRequestError)
    expect(call).toThrow(words)
  }
})
