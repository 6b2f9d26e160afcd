import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatAddress, macFromAddress } from '../../src/index.ts'

const low = fc.bigInt({ min: 0n, max: 0xffffffffn })

test('addresses of IPv6 that differ only in the low 32 bits never share a MAC', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 96n - 1n }), low, low, (prefix, one, other) => {
      const macOf = (end: bigint): string =>
        macFromAddress(formatAddress({ family: 'ip6', value: (prefix << 32n) | end }))
      expect(macOf(one) === macOf(other)).toBe(one === other)
    }),
  )
})

test('each address of IPv4 has a MAC of its own, made of its four bytes', () => {
  fc.assert(
    fc.property(low, (value) => {
      const text = formatAddress({ family: 'ip', value: Number(value) })
      const bytes = text.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))
      expect(macFromAddress(text)).toBe(`02:42:${bytes.join(':')}`)
    }),
  )
})
