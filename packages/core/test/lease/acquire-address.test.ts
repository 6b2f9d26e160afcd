import { describe, expect, test } from '@jest/globals'
import {
  type AddressRequest,
  acquireAddress,
  acquireSubnet,
  emptyLeases,
  leaseKey,
  listLeases,
  releaseLease,
} from '@portolan/core'
import { growthOf } from '../../../../test/growth/count-work.ts'
import { acquireAll, release, request } from './acquire-all.ts'

describe('addresses given out', () => {
  test.each<[string, Partial<AddressRequest>, readonly string[]]>([
    ['lowest first, and never the network address', {}, ['172.17.0.1', '172.17.0.2', '172.17.0.3']],
    [
      'never the gateway, wherever it is',
      { subnet: '10.0.0.0/29', gateway: '10.0.0.2' },
      ['10.0.0.1', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6'],
    ],
    [
      'every address but broadcast where there is no gateway',
      { subnet: '10.0.0.0/30', gateway: null },
      ['10.0.0.1', '10.0.0.2'],
    ],
    [
      'only inside the ip_range, its own first and last address too',
      { ipRange: '172.17.5.0/30' },
      ['172.17.5.0', '172.17.5.1', '172.17.5.2', '172.17.5.3'],
    ],
    ['both of a /31 (RFC 3021)', { subnet: '10.0.0.4/31', gateway: null }, ['10.0.0.4', '10.0.0.5']],
    ['the one beside the gateway of a /31', { subnet: '10.0.0.4/31', gateway: '10.0.0.4' }, ['10.0.0.5']],
    ['the only one of a /32', { subnet: '10.0.0.4/32', gateway: null }, ['10.0.0.4']],
    [
      'in IPv6 never the subnet-router anycast address',
      { subnet: 'fd00::/126', gateway: 'fd00::2' },
      ['fd00::1', 'fd00::3'],
    ],
  ])('%s', (_name, more, addresses) => {
    const services = addresses.map((_, index) => `s${index}`)
    expect(acquireAll(services, more).addresses).toEqual(addresses)
  })

  test.each([
    [
      '10.0.0.0/29',
      '10.0.0.1',
      null,
      5,
      'in 10.0.0.0/29, on network web: it has 5 addresses for endpoints, and 5 are leased',
    ],
    ['10.0.0.4/32', null, null, 1, 'it has 1 address for endpoints, and 1 is leased'],
    ['10.0.0.4/32', '10.0.0.4', null, 0, 'it has 0 addresses for endpoints, and 0 are leased'],
    ['10.0.0.0/8', '10.1.0.1', '10.1.0.0/31', 1, 'in 10.1.0.0/31, the ip_range of 10.0.0.0/8'],
  ])(
    'when %s with gateway %s and range %s is full, the error says how large it is',
    (subnet, gateway, ipRange, size, text) => {
      const more = { subnet, gateway, ipRange }
      const { state } = acquireAll(
        Array.from({ length: size }, (_, index) => `s${index}`),
        more,
      )
      expect(() => acquireAddress(state, request('late', more))).toThrow(
        expect.objectContaining({ code: 'SUBNET_EXHAUSTED', message: expect.stringContaining(text) }),
      )
    },
  )

  test('the MAC is that of the address, or the one asked for', () => {
    expect(acquireAddress(emptyLeases, request('a')).result.mac).toBe('02:42:ac:11:00:01')
    expect(acquireAddress(emptyLeases, request('a', { mac: '02:00:00:00:00:09' })).result.mac).toBe(
      '02:00:00:00:00:09',
    )
  })
})

describe('a lease that is there', () => {
  test('is the answer to the same request, and nothing changes', () => {
    const { state } = acquireAll(['a', 'b'])
    const again = acquireAddress(state, request('b'))
    expect(again).toMatchObject({ result: { address: '172.17.0.2' }, changes: [] })
  })

  test('stays where it is when an ip_range is written beside it', () => {
    const { state } = acquireAll(['a'])
    expect(acquireAll(['a', 'b'], { ipRange: '172.17.9.0/24' }, state).addresses).toEqual([
      '172.17.0.1',
      '172.17.9.0',
    ])
  })

  test('does not stay when its address became the gateway', () => {
    const { state } = acquireAll(['a'])
    expect(acquireAll(['a'], { gateway: '172.17.0.1' }, state).addresses).toEqual(['172.17.0.2'])
  })

  test('is no other holder’s, even by name', () => {
    const { state } = acquireAll(['a'])
    expect(() => acquireAddress(state, request('b', { address: '172.17.0.1' }))).toThrow(
      expect.objectContaining({
        code: 'ADDRESS_LEASED',
        message: expect.stringContaining('leased to a of project shop'),
      }),
    )
  })

  test('of another network is another address', () => {
    const { state } = acquireAll(['a'])
    expect(acquireAll(['a'], { on: { project: 'bakery', network: 'web' } }, state).addresses).toEqual([
      '172.17.0.1',
    ])
    expect(acquireAll(['b'], { on: { project: null, network: 'web' } }, state).addresses).toEqual([
      '172.17.0.1',
    ])
  })

  test('of another project on the same network is in the way', () => {
    const { state } = acquireAll(['a'])
    const holder = { project: 'bakery', service: 'a', replica: 1 }
    expect(acquireAddress(state, request('a', { holder })).result.address).toBe('172.17.0.2')
  })
})

// V9 (moby, ipams/defaultipam/allocator_test.go): the pool 192.168.0.2/31, and what larger ones keep back.
describe('V9: the addresses of a pool', () => {
  const tiny = { subnet: '192.168.0.2/31', gateway: null }

  test('of /31 are both its own, and then no more', () => {
    const { state, addresses } = acquireAll(['a', 'b'], tiny)
    expect(addresses).toEqual(['192.168.0.2', '192.168.0.3'])
    expect(() => acquireAddress(state, request('c', tiny))).toThrow(
      expect.objectContaining({ code: 'SUBNET_EXHAUSTED' }),
    )
  })

  test.each(['192.168.0.1', '192.168.0.4', '192.168.0.100'])('of /31 do not include %s', (address) => {
    expect(() => acquireAddress(emptyLeases, request('a', { ...tiny, address }))).toThrow(
      expect.objectContaining({ code: 'ADDRESS_OUT_OF_RANGE' }),
    )
  })

  test.each([
    ['192.168.0.0/30', ['192.168.0.1', '192.168.0.2']],
    ['192.168.0.0/29', [1, 2, 3, 4, 5, 6].map((last) => `192.168.0.${last}`)],
    ['fd00::/126', ['fd00::1', 'fd00::2', 'fd00::3']],
  ])('of %s leave out the network and, in IPv4, the broadcast address: %j', (subnet, expected) => {
    const services = expected.map((_, index) => `s${index}`)
    const { state, addresses } = acquireAll(services, { subnet, gateway: null })
    expect(addresses).toEqual(expected)
    expect(() => acquireAddress(state, request('late', { subnet, gateway: null }))).toThrow(
      expect.objectContaining({ code: 'SUBNET_EXHAUSTED' }),
    )
  })
})

describe('an address asked for by name', () => {
  test.each(['10.0.0.0', '10.0.0.1', '10.0.0.7', '10.0.0.8', '10.1.0.2', 'fd00::2'])(
    'is refused when endpoints of 10.0.0.0/29 cannot have it: %s',
    (address) => {
      const asked = request('a', { subnet: '10.0.0.0/29', gateway: '10.0.0.1', address })
      expect(() => acquireAddress(emptyLeases, asked)).toThrow(
        expect.objectContaining({ code: 'ADDRESS_OUT_OF_RANGE' }),
      )
    },
  )

  test('may lie outside of the ip_range, as long as it is in the subnet', () => {
    const asked = request('a', { ipRange: '172.17.5.0/24', address: '172.17.9.9' })
    expect(acquireAddress(emptyLeases, asked).result.address).toBe('172.17.9.9')
  })
})

describe('a subnet', () => {
  const subnet = {
    kind: 'subnet',
    project: 'shop',
    network: 'web',
    family: 'ip',
    gateway: '172.17.42.1',
    movedFrom: null,
  } as const

  test('may not overlap the one of another network, in either direction', () => {
    const { state } = acquireSubnet(emptyLeases, { ...subnet, subnet: '172.17.0.0/16' })
    for (const other of ['172.17.4.0/24', '172.16.0.0/12', '172.17.0.0/16'])
      expect(() => acquireSubnet(state, { ...subnet, project: 'bakery', subnet: other })).toThrow(
        expect.objectContaining({
          code: 'SUBNET_LEASED',
          message: expect.stringContaining('network web of project shop'),
        }),
      )
    expect(
      acquireSubnet(state, { ...subnet, project: 'bakery', subnet: '172.18.0.0/16' }).changes,
    ).toHaveLength(1)
  })

  test('that goes elsewhere takes the addresses outside of it along, and leaves those inside', () => {
    const first = acquireSubnet(emptyLeases, { ...subnet, subnet: '172.17.0.0/16' }).state
    const both = acquireAll(['a'], { ipRange: '172.17.5.0/24' }, acquireAll(['b'], {}, first).state).state
    const { state } = acquireSubnet(both, { ...subnet, subnet: '172.17.5.0/24' })
    expect(listLeases(state).map(leaseKey)).toEqual(['address/shop/web/ip/172.17.5.0', 'subnet/shop/web/ip'])
  })

  test('that is released takes every address of its network along, without a trace', () => {
    const { state } = acquireAll(
      ['a', 'b'],
      {},
      acquireSubnet(emptyLeases, { ...subnet, subnet: '172.17.0.0/16' }).state,
    )
    const gone = releaseLease(release(state, '172.17.0.1'), 'subnet/shop/web/ip').state
    expect(listLeases(gone)).toEqual([])
    expect(acquireAll(['x'], {}, gone).addresses).toEqual(['172.17.0.1'])
  })
})

test('the work for an endpoint does not grow with the number of endpoints', () => {
  const services = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `s${index}`)
  // For eight times as many services, quadratic work would be sixty-four times as much.
  expect(growthOf((count) => acquireAll(services(count)), 5000, 40_000)).toBeLessThan(16)
})
