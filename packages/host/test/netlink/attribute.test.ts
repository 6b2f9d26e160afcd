import { describe, expect, test } from '@jest/globals'
import { eachAttribute, readText } from '@portolan/core/netlink'
import {
  attribute,
  attributeText,
  attributeU8,
  attributeU32,
  concatenate,
  nested,
} from '../../src/netlink/attribute.ts'

const read = (bytes: Uint8Array, from = 0, to: number = bytes.length): [number, string][] => {
  const found: [number, string][] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  eachAttribute(view, from, to, (type, start, end) => {
    found.push([type, Buffer.from(bytes.subarray(start, end)).toString('hex')])
  })
  return found
}

describe('attributes', () => {
  test('an attribute is padded to four bytes, and its length does not count the padding', () => {
    expect([...attributeU8(5, 1)]).toEqual([5, 0, 5, 0, 1, 0, 0, 0])
    expect([...attributeText(3, 'br0')]).toEqual([8, 0, 3, 0, 0x62, 0x72, 0x30, 0])
    expect([...attribute(20, new Uint8Array())]).toEqual([4, 0, 20, 0])
  })

  test('what is written one after the other is read in that order', () => {
    expect(
      read(concatenate([attributeU8(1, 9), attributeU32(2, 7), attribute(3, Uint8Array.of(1, 2, 3))])),
    ).toEqual([
      [1, '09'],
      [2, '07000000'],
      [3, '010203'],
    ])
  })

  test('the flag of a nested attribute is not part of its type', () => {
    const bytes = nested(18, attributeU8(4, 1))
    expect(bytes[3]).toBe(0x80)
    expect(read(bytes)).toEqual([[18, '0500040001000000']])
  })

  test.each([
    ['a length shorter than the header', [3, 0, 1, 0, 8, 0, 2, 0, 1, 1, 1, 1]],
    ['a length beyond the end', [200, 0, 1, 0, 1, 1, 1, 1]],
    ['a header cut in two', [8, 0, 1]],
  ])('%s ends the walk', (_what, bytes) => {
    expect(read(Uint8Array.from(bytes))).toEqual([])
  })

  test('text ends before its NUL, if it has one', () => {
    const view = new DataView(new TextEncoder().encode('eth0\0').buffer)
    expect([readText(view, 0, 5), readText(view, 0, 4), readText(view, 4, 5), readText(view, 4, 4)]).toEqual([
      'eth0',
      'eth0',
      '',
      '',
    ])
  })
})
