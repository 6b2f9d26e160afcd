import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ByteWriter, eachAttribute, readText } from '../../src/netlink/index.ts'

const read = (bytes: readonly number[]): string =>
  readText(new DataView(Uint8Array.from(bytes).buffer), 0, bytes.length)

describe('text of the kernel', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!text.includes('\0') && !/\p{Surrogate}/u.test(text))
        const writer = new ByteWriter(8)
        writer.attribute(1, () => {
          writer.utf8(text)
          writer.u8(0)
        })
        const bytes = writer.bytes()
        const found: string[] = []
        const view = new DataView(bytes.buffer)
        eachAttribute(view, 0, bytes.length, (_, start, end) => found.push(readText(view, start, end)))
        expect(found).toEqual([text])
      }),
    )
  })

  test('is read as strictly as a decoder reads it', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true })
    fc.assert(
      fc.property(fc.uint8Array({ min: 1, maxLength: 8 }), (bytes) => {
        let decoded: string | null = null
        try {
          decoded = decoder.decode(bytes)
        } catch {}
        if (decoded === null) expect(read([...bytes])).toContain('\ufffd')
        else expect(read([...bytes])).toBe(decoded.replace(/^\ufeff/, ''))
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['a longer form of "a"', [0xc1, 0xa1]],
    ['half of a pair', [0xed, 0xa0, 0x80]],
    ['what is cut off', [0xe2, 0x82]],
    ['what is beyond the last character', [0xf4, 0x90, 0x80, 0x80]],
    ['what only continues', [0x80]],
  ])('%s is no character', (_, bytes) => {
    expect(read(bytes)).toBe('\ufffd'.repeat(bytes.length))
  })
})
