import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { formatPrefix, InvalidRequestError, parsePrefix } from '@portolan/netfilter'
import fc from 'fast-check'
import { parsePool, planSubnets, ulaPool } from '../../src/pool/index.ts'

describe('a pool', () => {
  test('is written as a base and a size, and its host bits are cleared', () => {
    const [entry] = parsePool('10.1.2.3/8:24').entries
    expect(entry && formatPrefix(entry.prefix)).toBe('10.0.0.0/8')
    expect(entry?.size).toBe(24)
  })

  test('of IPv6 has the size after the last colon', () => {
    const [entry] = parsePool('fd00:1::/48:64').entries
    expect(entry && formatPrefix(entry.prefix)).toBe('fd00:1::/48')
    expect(entry?.size).toBe(64)
  })

  test.each([
    ['10.0.0.0/8:33', 'the longest prefix of its family is /32'],
    ['fd00::/48:129', 'the longest prefix of its family is /128'],
    ['10.0.0.0/16:8', 'larger than the pool itself'],
    ['10.0.0.0/8', 'write 10.0.0.0/8:24 for /24 subnets'],
    ['fd00::/48', 'write fd00::/48:64'],
    ['clasic', 'is not a pool'],
    ['', 'is not a pool'],
    ['10.0.0.0/8:', 'is not a pool'],
    ['10.0.0.0/40:24', 'is not a pool'],
    ['0.0.0.0/0:8', 'overlaps 0.0.0.0/8'],
    ['127.44.0.0/16:24', 'overlaps 127.0.0.0/8'],
    ['126.0.0.0/7:24', 'overlaps 127.0.0.0/8'],
    ['224.0.0.0/4:24', 'overlaps 224.0.0.0/4'],
    ['169.254.0.0/16:24', 'overlaps 169.254.0.0/16'],
    ['169.254.170.0/24:28', 'overlaps 169.254.0.0/16'],
    ['255.255.255.0/24:28', 'overlaps 255.255.255.255/32'],
    ['::/8:64', 'overlaps ::/127'],
    ['::ffff:10.64.0.0/112:120', 'overlaps ::ffff:0.0.0.0/96'],
    ['fe80::/10:64', 'overlaps fe80::/10'],
    ['ff00::/8:64', 'overlaps ff00::/8'],
  ])('%j is refused: %s', (text, why) => {
    expect(() => parsePool(text)).toThrow(InvalidRequestError)
    expect(() => parsePool(text)).toThrow(why)
  })
})

describe('the IPv6 pool of a host', () => {
  // V8: what Docker derives from the same ids.
  test.each([
    ['', 'fd42:98fc:1c14::/48:64'],
    ['499d4bc0-b0b3-416f-b1ee-cf6486315593', 'fd62:fb69:18af::/48:64'],
    ['499d4bc0-b0b3-416f-b1ee-cf6486315593\n', 'fd62:fb69:18af::/48:64'],
  ])('with machine id %j is %s', (machineId, name) => {
    expect(ulaPool(machineId).name).toBe(name)
  })

  test('is used when an IPv6 subnet is wanted and no pool has one', () => {
    const plan = planSubnets({ machineId: '' }, [
      { network: 'web', family: 'ip6' },
      { network: 'db', family: 'ip6' },
    ])
    expect(plan.map(({ subnet, gateway }) => [subnet, gateway])).toEqual([
      ['fd42:98fc:1c14::/64', 'fd42:98fc:1c14::1'],
      ['fd42:98fc:1c14:1::/64', 'fd42:98fc:1c14:1::1'],
    ])
  })
})

test('the pool of a machine is cut from the digest that node:crypto computes of its id', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (machineId) => {
      const digest = createHash('sha256').update(machineId.trim()).digest()
      const prefix = `fd${digest.subarray(3, 8).toString('hex')}`
      const groups = `${prefix.slice(0, 4)}:${prefix.slice(4, 8)}:${prefix.slice(8)}::/48`
      expect(ulaPool(machineId).name).toBe(`${formatPrefix(parsePrefix(groups))}:64`)
    }),
    { numRuns: 500 },
  )
})
