import { expect, test } from '@jest/globals'
import type { Conflict } from 'portolan'
import { CniError } from '../src/cni-error.ts'
import { blockedBy } from '../src/verb/blocked-by.ts'

const conflict = (network: string, ...commands: readonly string[]): Conflict => ({
  kind: 'ForwardDropped',
  severity: 'error',
  certainty: 'certain',
  mapping: null,
  network,
  published: null,
  message: `Network ${network} is cut off.`,
  witness: null,
  culprit: null,
  remedy: { text: 'Accept it.', commands },
  trace: [],
})

test('each command of a remedy stands on a line of its own', () => {
  const conflicts = [conflict('a', 'nft one', 'nft two'), conflict('b', 'nft three')]
  const thrown = ((): unknown => {
    try {
      return blockedBy(conflicts, {}, () => {})
    } catch (error) {
      return error
    }
  })()
  if (!(thrown instanceof CniError)) throw thrown
  expect(thrown.message).toBe('Network a is cut off. Network b is cut off.')
  expect(thrown.details.split('\n')).toEqual([
    'Accept it.',
    'nft one',
    'nft two',
    'Accept it.',
    'nft three',
    'To continue in spite of conflicts, set "conflicts": "warn" in the network configuration.',
  ])
})
