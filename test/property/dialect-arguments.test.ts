import { describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { InvalidRequestError } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'

const values: readonly unknown[] = [undefined, null, 5, 'x', {}, [], true]

describe.each([
  ['iptables', iptables, 'iptables-save'],
  ['nftables', nftables, 'nft'],
])('the functions of %s', (_dialect, exported, form) => {
  // Callers in JavaScript pass whatever they like.
  const functions = exported as unknown as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>

  test.each([
    ['parse', 'the argument text is ', values.filter((value) => typeof value !== 'string')],
    ['print', 'the argument ruleset is ', values],
    ['lower', 'the argument ruleset is ', values],
  ])('%s names an argument of another kind', (name, words, wrong) => {
    for (const value of wrong) {
      const call = () => functions[name]?.(value, name === 'print' ? form : undefined)
      expect(call).toThrow(InvalidRequestError)
      expect(call).toThrow(words)
    }
  })
})
