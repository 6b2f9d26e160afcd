import { describe, expect, test } from '@jest/globals'
import { InvalidRequestError, parseAddress, parsePrefix } from '../../src/index.ts'
import { toCidrRange, toIp } from '../../src/ip-num.ts'

/** What a caller in JavaScript, or a value from outside that was cast, may come to. */
type Anything = (given: unknown) => unknown

const none = [undefined, null, 0, 1n, Symbol('x'), [], {}, { family: 'ip' }] as const

describe('a value of ip-num', () => {
  test.each(['10.0.0.1', '2001:db8::1'])('is the address %s, as text or parsed', (address) => {
    expect(toIp(address).getValue()).toBe(BigInt(parseAddress(address).value))
    expect(toIp(parseAddress(address)).getValue()).toBe(toIp(address).getValue())
  })

  test.each(['10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32'])(
    'is the prefix %s, as text, parsed or in an object',
    (subnet) => {
      const bits = subnet.includes(':') ? 128 : 32
      const size = 1n << BigInt(bits - parsePrefix(subnet).length)
      for (const given of [subnet, parsePrefix(subnet), { subnet }])
        expect(toCidrRange(given).getSize()).toBe(size)
    },
  )

  test.each([
    ...none,
    { family: 'ip', value: -1 },
    { family: 'ip', value: 2 ** 32 },
    { family: 'ip6', value: 1 },
  ])('is refused where %p is no address', (given) => {
    expect(() => (toIp as Anything)(given)).toThrow(InvalidRequestError)
    expect(() => (toIp as Anything)(given)).toThrow('expected a text such as "10.0.0.1"')
  })

  test.each([
    ...none,
    { subnet: 5 },
    { family: 'ip', base: 0, length: 33 },
    { family: 'ip6', base: 0n, length: 1.5 },
  ])('is refused where %p is no prefix', (given) => {
    expect(() => (toCidrRange as Anything)(given)).toThrow(InvalidRequestError)
    expect(() => (toCidrRange as Anything)(given)).toThrow('expected a text such as "10.0.0.0/8"')
  })
})
