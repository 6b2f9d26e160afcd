import { describe, expect, test } from '@jest/globals'
import { answeredType, eachMessage, errorNumber, type MessageView } from '@portolan/core/netlink'
import { concatenate, u32 } from '../../src/netlink/attribute.ts'
import { message } from '../../src/netlink/message.ts'

const parts = (datagram: Uint8Array): MessageView[] => {
  const found: MessageView[] = []
  eachMessage(datagram, (part) => found.push(part))
  return found
}

describe('messages', () => {
  test('a message has its length, type, flags and sequence in its header', () => {
    expect([...message(18, 0x301, 7, Uint8Array.of(1, 2))]).toEqual([
      18, 0, 0, 0, 18, 0, 1, 3, 7, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0,
    ])
  })

  test('a datagram of several is taken apart, wherever in memory it lies', () => {
    const whole = concatenate([
      Uint8Array.of(9, 9, 9, 9),
      message(1, 0, 5, Uint8Array.of(1)),
      message(2, 0, 6),
    ])
    expect(
      parts(whole.subarray(4)).map(({ type, sequence, start, end }) => [type, sequence, end - start]),
    ).toEqual([
      [1, 5, 1],
      [2, 6, 0],
    ])
  })

  test('a message that is cut off is not read', () => {
    expect(parts(message(1, 0, 5, new Uint8Array(8)).subarray(0, 20))).toEqual([])
  })

  test('an error holds a negative errno and the header of what it answers', () => {
    const [error] = parts(message(2, 0, 5, u32(-17), message(0x10, 1, 5)))
    expect(error && [errorNumber(error), answeredType(error)]).toEqual([17, 0x10])
  })
})
