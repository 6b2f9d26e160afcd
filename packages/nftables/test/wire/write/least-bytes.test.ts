import { expect, test } from '@jest/globals'
import type { NetlinkSocket } from '@portolan/core'
import fc from 'fast-check'
import { applyLive, compile, diff, encodeBatch } from '../../../src/index.ts'
import { emptyRuleset } from '../../../src/model/index.ts'
import { leastBytes } from '../../../src/wire/write/least-bytes.ts'
import { desiredState } from '../../arbitrary/desired-state.ts'
import { large } from '../../arbitrary/example.ts'

test('no batch is shorter than what is said of it before it is made', () => {
  fc.assert(
    fc.property(desiredState(), (desired) => {
      const changes = diff(emptyRuleset, compile(desired))
      const length = encodeBatch(changes, 1)?.datagram.length ?? 0
      expect(leastBytes(changes)).toBeLessThanOrEqual(length)
    }),
  )
})

test('of ten thousand ports nearly all of the length is known', () => {
  const changes = diff(emptyRuleset, compile(large()))
  const length = encodeBatch(changes, 1)?.datagram.length ?? 0
  expect(leastBytes(changes)).toBeGreaterThan(0.97 * length)
})

test('what is longer than a socket can send is left to nft, and not sent', async () => {
  const changes = diff(emptyRuleset, compile(large(100)))
  const socket = (longest: number): NetlinkSocket => ({
    request: () => Promise.reject(new Error('sent')),
    close: () => {},
    longest,
  })
  expect(await applyLive(changes, socket(leastBytes(changes) - 1))).toBe(false)
  await expect(applyLive(changes, socket(leastBytes(changes)))).rejects.toThrow('sent')
})
