import { describe, expect, test } from '@jest/globals'
import { type AddressRequest, acquireAddress, emptyLeases, releaseLease } from '@portolan/core'
import { acquireAll, release, request } from './acquire-all.ts'

describe('a released address', () => {
  const small = { subnet: '10.0.0.0/29', gateway: '10.0.0.1' }

  test('is not handed to another holder while another address is free', () => {
    const { state } = acquireAll(['a', 'b'], small)
    expect(acquireAll(['c', 'd', 'e'], small, release(state, '10.0.0.2')).addresses).toEqual([
      '10.0.0.4',
      '10.0.0.5',
      '10.0.0.6',
    ])
  })

  test('is handed out when nothing else is free, the one that was released first before the others', () => {
    const { state } = acquireAll(['a', 'b', 'c', 'd', 'e'], small)
    const released = ['10.0.0.5', '10.0.0.2', '10.0.0.6'].reduce(release, state)
    expect(acquireAll(['x', 'y', 'z'], small, released).addresses).toEqual([
      '10.0.0.5',
      '10.0.0.2',
      '10.0.0.6',
    ])
  })

  test('goes back to its holder, as long as no other got it', () => {
    const { state } = acquireAll(['a', 'b', 'c', 'd'], small)
    const released = ['10.0.0.3', '10.0.0.2'].reduce(release, state)
    expect(acquireAll(['a', 'x', 'y', 'b'].slice(0, 3), small, released).addresses).toEqual([
      '10.0.0.2',
      '10.0.0.6',
      '10.0.0.3',
    ])
    expect(acquireAll(['b'], small, released).addresses).toEqual(['10.0.0.3'])
  })

  test('released twice is released once', () => {
    const { state } = acquireAll(['a'])
    const once = release(state, '172.17.0.1')
    expect(releaseLease(once, 'address/shop/web/ip/172.17.0.1')).toEqual({
      state: once,
      changes: [],
      result: false,
    })
  })
})

describe('an address in use without a lease', () => {
  const small = { subnet: '10.0.0.0/29', gateway: '10.0.0.1' }
  const seen = (...addresses: readonly string[]): Partial<AddressRequest> => ({
    ...small,
    isTaken: (address) => addresses.includes(address),
  })

  test('is passed over', () => {
    expect(acquireAll(['a', 'b'], seen('10.0.0.2', '10.0.0.4')).addresses).toEqual(['10.0.0.3', '10.0.0.5'])
  })

  test('is offered again once it is free, before any that comes after it', () => {
    const { state } = acquireAll(['a'], seen('10.0.0.2', '10.0.0.3'))
    const next = acquireAll(['b'], seen('10.0.0.3'), state)
    expect(next.addresses).toEqual(['10.0.0.2'])
    expect(acquireAll(['c', 'd', 'e'], small, next.state).addresses).toEqual([
      '10.0.0.3',
      '10.0.0.5',
      '10.0.0.6',
    ])
  })

  test('is offered again before one that was released', () => {
    const { state } = acquireAll(['a', 'b', 'c'], seen('10.0.0.2', '10.0.0.3'))
    const released = release(state, '10.0.0.4')
    expect(acquireAll(['x', 'y'], small, released).addresses).toEqual(['10.0.0.2', '10.0.0.3'])
  })

  test('is not given though it was released, while another is free', () => {
    const { state } = acquireAll(['a', 'b', 'c', 'd', 'e'], small)
    const released = ['10.0.0.2', '10.0.0.3'].reduce(release, state)
    expect(acquireAll(['x'], seen('10.0.0.2'), released).addresses).toEqual(['10.0.0.3'])
  })

  test('may be given by name', () => {
    const step = acquireAddress(emptyLeases, request('a', { ...seen('10.0.0.2'), address: '10.0.0.2' }))
    expect(step.result.address).toBe('10.0.0.2')
  })

  test('is counted as such when nothing else is left', () => {
    const { state } = acquireAll(['a', 'b', 'c', 'd'], seen('10.0.0.2'))
    expect(() => acquireAddress(state, request('late', seen('10.0.0.2')))).toThrow(
      'it has 5 addresses for endpoints, and 4 are leased, and every other one is in use without a lease.',
    )
    expect(acquireAll(['late'], small, state).addresses).toEqual(['10.0.0.2'])
  })

  test('is asked about a few times, not once for each endpoint', () => {
    const count = 5000
    const others = new Set(Array.from({ length: count }, (_, at) => `172.17.${at >> 8}.${at & 255}`))
    let questions = 0
    const isTaken = (address: string): boolean => {
      questions += 1
      return others.has(address)
    }
    acquireAll(
      Array.from({ length: count }, (_, index) => `s${index}`),
      { isTaken },
    )
    // A search from the start for each service would ask 25 million times.
    expect(questions).toBeGreaterThanOrEqual(count)
    expect(questions).toBeLessThan(8 * count)
  })
})
