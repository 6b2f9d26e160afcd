import { expect, test } from '@jest/globals'
import { ByteWriter, NLM_F_DUMP, NLM_F_REQUEST } from '@portolan/core/netlink'
import { isOfRequest, requestSpan } from '../../src/netlink/request-span.ts'

const datagram = (...messages: readonly (readonly [sequence: number, flags: number])[]): Buffer => {
  const writer = new ByteWriter(64)
  for (const [sequence, flags] of messages)
    writer.message(16, flags, sequence, () => writer.raw(Uint8Array.of(1, 2, 3)))
  return Buffer.from(writer.take())
}

test('replies are told by the sequence numbers of the messages that were sent', () => {
  const span = requestSpan(datagram([7, NLM_F_REQUEST], [8, NLM_F_REQUEST], [9, NLM_F_REQUEST]))
  expect([6, 7, 8, 9, 10].filter((sequence) => isOfRequest(span, sequence))).toEqual([7, 8, 9])
})

test('no number that was sent is left out where they do not follow each other', () => {
  for (const sent of [
    [1, 5, 3],
    [5, 1],
    [0xffffffff, 2, 1],
  ]) {
    const span = requestSpan(datagram(...sent.map((sequence) => [sequence, NLM_F_REQUEST] as const)))
    expect(sent.filter((sequence) => isOfRequest(span, sequence))).toEqual(sent)
  }
})

test('the number behind the last one of 32 bits is 0', () => {
  const span = requestSpan(datagram([0xffffffff, NLM_F_REQUEST], [0, NLM_F_REQUEST]))
  expect([0xfffffffe, 0xffffffff, 0, 1].filter((sequence) => isOfRequest(span, sequence))).toEqual([
    0xffffffff, 0,
  ])
})

test('a datagram asks for a listing where one of its messages does', () => {
  expect(requestSpan(datagram([1, NLM_F_REQUEST])).isListing).toBe(false)
  expect(requestSpan(datagram([1, NLM_F_REQUEST], [2, NLM_F_REQUEST | NLM_F_DUMP])).isListing).toBe(true)
  // A part of its bits is NLM_F_REPLACE, of messages that make something.
  expect(requestSpan(datagram([1, NLM_F_REQUEST | 0x100])).isListing).toBe(false)
})

test('a message with a length that cannot be ends nothing', () => {
  const bytes = datagram([5, NLM_F_REQUEST])
  bytes.writeUInt32LE(0, 0)
  expect(isOfRequest(requestSpan(bytes), 5)).toBe(true)
})
