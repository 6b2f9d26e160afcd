import { describe, expect, test } from '@jest/globals'
import { settled } from '../../src/facts/settled.ts'

describe('settled', () => {
  test('a list that changed while it was read is read again', async () => {
    const unread: string[] = []
    let reads = 0
    const result = await settled('routes', unread, async () => {
      reads += 1
      return { reads, consistent: reads === 3 }
    })
    expect([result.reads, unread]).toEqual([3, []])
  })

  test('a list that never holds still is taken as it is, and said to be so', async () => {
    const unread: string[] = []
    const result = await settled('routes', unread, async () => ({ consistent: false }))
    expect([result.consistent, unread]).toEqual([false, [expect.stringContaining('routes kept changing')]])
  })
})
