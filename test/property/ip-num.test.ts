import { describe, expect, test } from '@jest/globals'
import { acquireAddress, emptyLeases, firstFreeAddress, reach, resolve } from '@portolan/core'
import {
  canonicalAddress,
  containsPrefix,
  evaluate,
  explain,
  firstAddress,
  formatAddress,
  formatPrefix,
  inputText,
  lastAddress,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixContains,
  prefixesOverlap,
} from '@portolan/netfilter'
import fc from 'fast-check'
import { IPv4, IPv4CidrRange, IPv6, IPv6CidrRange } from 'ip-num'
import { noRules, type Pool, parsePool, plan, planSubnets, readCompose } from 'portolan'
import { type CidrRange, toCidrRange, toIp } from 'portolan/ip-num'

const value4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n })
const value6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })

/** Prefixes close to each other. Random ones would hardly ever overlap. */
const cidr4 = fc
  .tuple(fc.oneof(value4, fc.bigInt({ min: 0x0a000000n, max: 0x0a00ffffn })), fc.nat(32))
  .map(([value, length]) => `${new IPv4(value).toString()}/${length}`)
const cidr6 = fc
  .tuple(fc.oneof(value6, fc.bigInt({ min: 0xfdn << 120n, max: (0xfdn << 120n) + 0xffffffn })), fc.nat(128))
  .map(([value, length]) => `${formatAddress({ family: 'ip6', value })}/${length}`)

const range4 = cidr4.map((text) => IPv4CidrRange.fromCidr(text))
const range6 = cidr6.map((text) => IPv6CidrRange.fromCidr(text))

/** The first and the last address of a range, by ip-num. */
const endsOf = (range: CidrRange): readonly [bigint, bigint] => [
  range.getFirst().getValue(),
  range.getLast().getValue(),
]

const ourEndsOf = (prefix: Prefix): readonly [bigint, bigint] => [
  BigInt(firstAddress(prefix).value),
  BigInt(lastAddress(prefix).value),
]

describe.each([
  ['IPv4', range4, value4.map((value) => new IPv4(value))],
  ['IPv6', range6, value6.map((value) => new IPv6(value))],
] as const)(
  'our arithmetic of %s is that of ip-num',
  (_, range: fc.Arbitrary<CidrRange>, address: fc.Arbitrary<IPv4 | IPv6>) => {
    test('in the first address, the last one and the size', () => {
      fc.assert(
        fc.property(range, (one) => {
          const prefix = parsePrefix(one)
          const [first, last] = ourEndsOf(prefix)
          expect([first, last]).toEqual(endsOf(one))
          expect(last - first + 1n).toBe(one.getSize())
        }),
        { numRuns: 500 },
      )
    })

    test('in which prefixes overlap, and which contain one another', () => {
      let overlapping = 0
      fc.assert(
        fc.property(range, range, (one, other) => {
          const [[first, last], [from, to]] = [endsOf(one), endsOf(other)]
          const [a, b] = [parsePrefix(one), parsePrefix(other)]
          expect(prefixesOverlap(a, b)).toBe(first <= to && from <= last)
          expect(containsPrefix(a, b)).toBe(first <= from && to <= last)
          if (prefixesOverlap(a, b)) overlapping += 1
        }),
        { numRuns: 500 },
      )
      expect(overlapping).toBeGreaterThan(20)
    })

    test('in which addresses a prefix holds', () => {
      fc.assert(
        fc.property(range, address, (one, own) => {
          const [first, last] = endsOf(one)
          const holds = own.getValue() >= first && own.getValue() <= last
          expect(prefixContains(one, own)).toBe(holds)
          expect(prefixContains(one, one.getFirst())).toBe(true)
          expect(prefixContains(one, one.getLast())).toBe(true)
        }),
        { numRuns: 500 },
      )
    })

    test('and values go there and back', () => {
      fc.assert(
        fc.property(range, address, (one, own) => {
          expect(toIp(canonicalAddress(own)).getValue()).toBe(own.getValue())
          expect(BigInt(parseAddress(own).value)).toBe(own.getValue())
          const text = formatPrefix(parsePrefix(one))
          expect(endsOf(toCidrRange(text))).toEqual(endsOf(one))
          expect(parsePrefix(toCidrRange(text))).toEqual(parsePrefix(one))
        }),
        { numRuns: 500 },
      )
    })
  },
)

describe('values of ip-num are taken where text is', () => {
  const range = IPv4CidrRange.fromCidr
  const intent = readCompose('services: {web: {ports: ["8080:80"]}}', {
    source: 'compose.yaml',
    project: 'shop',
  })

  test('by pools, requests and ranges of planSubnets', () => {
    const pool: Pool = parsePool({ base: range('10.200.0.0/16'), size: 24 })
    expect(pool).toEqual(parsePool('10.200.0.0/16:24'))
    const request = { network: 'web', family: 'ip' } as const
    const reserve = [range('10.200.0.0/24'), new IPv4('10.200.1.7')]
    const [web] = planSubnets({}, [request], [pool], { reserve })
    expect(web?.subnet).toBe('10.200.2.0/24')
    expect(web === undefined ? null : toCidrRange(web).toCidrString()).toBe('10.200.2.0/24')
    const facts = { routes: [{ destination: '10.0.0.0/8', interface: 'wg0' }] }
    expect(planSubnets(facts, [request], [pool], { allow: [range('10.200.3.0/24')] })).toEqual(
      planSubnets(facts, [request], [pool], { allow: ['10.200.3.0/24'] }),
    )
    const fixed = {
      subnet: range('10.9.0.0/24'),
      gateway: new IPv4('10.9.0.9'),
      ipRange: range('10.9.0.128/25'),
    }
    expect(planSubnets({}, [{ ...request, ...fixed }])).toEqual(
      planSubnets({}, [{ ...request, subnet: '10.9.0.0/24', gateway: '10.9.0.9', ipRange: '10.9.0.128/25' }]),
    )
    const six = { base: IPv6CidrRange.fromCidr('fd00:1234::/48'), size: 64 }
    expect(planSubnets({}, [{ network: 'web', family: 'ip6' }], [parsePool(six)])[0]?.subnet).toBe(
      'fd00:1234::/64',
    )
  })

  test('by plan, whose result stays data', async () => {
    const options = { facts: {}, rules: noRules, backend: 'nftables' } as const
    const planned = await plan(intent, {
      ...options,
      pools: [{ base: range('10.200.0.0/16'), size: 24 }],
      reserve: [range('10.200.0.0/24')],
      allow: [range('10.200.1.0/24')],
    })
    const text = { pools: ['10.200.0.0/16:24'], reserve: ['10.200.0.0/24'], allow: ['10.200.1.0/24'] }
    expect(JSON.stringify(planned)).toBe(JSON.stringify(await plan(intent, { ...options, ...text })))
    expect(planned.subnets.map((subnet) => toCidrRange(subnet).getSize())).toEqual([256n])
  })

  test('by leases of addresses, and by what looks for a free one', () => {
    const holder = { project: 'shop', service: 'web', replica: 1 }
    const of = (address: string | IPv4, ipRange: string | IPv4CidrRange) =>
      acquireAddress(emptyLeases, {
        on: { project: 'shop', network: 'web' },
        holder,
        subnet: typeof ipRange === 'string' ? '10.9.0.0/24' : range('10.9.0.0/24'),
        gateway: typeof address === 'string' ? '10.9.0.1' : new IPv4('10.9.0.1'),
        ipRange,
        address,
        mac: null,
      }).result
    expect(of(new IPv4('10.9.0.130'), range('10.9.0.128/25'))).toEqual(of('10.9.0.130', '10.9.0.128/25'))
    const free = firstFreeAddress(range('10.9.0.0/24'), new Set(), { ipRange: range('10.9.0.128/25') })
    expect(free).toBe('10.9.0.128')
  })

  test('by evaluate and explain', () => {
    const facts = { interfaces: [{ name: 'eth0', addresses: ['192.0.2.2/24'] }] }
    const packet = { family: 'ip', in: 'eth0', destinationPort: 22, protocol: 'tcp' } as const
    const value = { ...packet, source: new IPv4('192.0.2.9'), destination: new IPv4('192.0.2.2') }
    const text = { ...packet, source: '192.0.2.9', destination: '192.0.2.2' }
    const outcome = evaluate(value, facts, [])
    expect(outcome).toEqual(evaluate(text, facts, []))
    expect(explain(value, outcome)).toEqual(explain(text, outcome))
  })

  test('by the contract', () => {
    const { desired } = resolve(intent, {})
    const host = { addresses: ['192.0.2.2', '2001:db8::2'] }
    const ask = (source: string | IPv4, destination: string | IPv4 | IPv6, family: 'ip' | 'ip6') => {
      const from = { kind: 'machine', address: source, interface: 'eth0' } as const
      return reach(desired, { family, protocol: 'tcp', from, to: { address: destination, port: 8080 } }, host)
    }
    expect(ask(new IPv4('198.51.100.7'), new IPv4('192.0.2.2'), 'ip')).toEqual(
      ask('198.51.100.7', '192.0.2.2', 'ip'),
    )
    expect(ask('2001:db8::7', new IPv6('2001:db8::2'), 'ip6')).toEqual(
      ask('2001:db8::7', '2001:db8::2', 'ip6'),
    )
    expect(ask('2001:db8::7', new IPv6('2001:db8::2'), 'ip6').kind).toBe('local')
  })
})

test('the text of a value of ip-num is the canonical one', () => {
  expect(inputText(new IPv6('2001:db8:0::1'))).toBe('2001:db8::1')
  expect(inputText(IPv6CidrRange.fromCidr('fd00:0::/48'))).toBe('fd00::/48')
  expect(inputText(new IPv4('192.0.2.1'))).toBe('192.0.2.1')
})
