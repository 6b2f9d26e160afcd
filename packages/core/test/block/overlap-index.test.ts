import { expect, test } from '@jest/globals'
import { parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import fc from 'fast-check'
import { overlapIndex } from '../../src/block/overlap-index.ts'

const octet = fc.constantFrom(0, 1, 64, 128, 255)
const prefix = fc
  .tuple(octet, octet, fc.integer({ min: 0, max: 32 }), fc.boolean())
  .map(([first, second, length, is4]) => {
    const bits = BigInt(first * 256 + second) << (is4 ? 16n : 112n)
    const [size, all] = is4 ? [length, 32] : [length * 4, 128]
    const base = (bits >> BigInt(all - size)) << BigInt(all - size)
    return is4
      ? { family: 'ip' as const, base: Number(base), length: size }
      : { family: 'ip6' as const, base, length: size }
  })

test('the index finds what a comparison with each block finds', () => {
  fc.assert(
    fc.property(
      fc.array(prefix, { maxLength: 12 }),
      fc.array(prefix, { maxLength: 12 }),
      (prefixes, asked) => {
        const blocks = prefixes.map((one) => ({ prefix: one }))
        const at = overlapIndex(blocks)
        for (const one of asked)
          expect(new Set(at(one))).toEqual(
            new Set(blocks.filter((other) => prefixesOverlap(other.prefix, one))),
          )
      },
    ),
  )
})

test('a prefix of the other family overlaps nothing', () => {
  expect(overlapIndex([{ prefix: parsePrefix('10.0.0.0/8') }])(parsePrefix('::/0'))).toEqual([])
})
