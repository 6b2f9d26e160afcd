import { expect, test } from '@jest/globals'
import {
  acquireAddress,
  countAddresses,
  emptyLeases,
  type LeaseState,
  leaseKey,
  releaseLease,
} from '../../src/index.ts'

const subnet = '10.0.0.0/29'
const gateway = '10.0.0.1'
const leased = (state: LeaseState, service: string): LeaseState =>
  acquireAddress(state, {
    ...{ on: { project: 'shop', network: 'web' }, holder: { project: 'shop', service, replica: 1 } },
    ...{ subnet, gateway, ipRange: null, address: null, mac: null },
  }).state

test('of a subnet, the network, broadcast and gateway address are neither used nor free', () => {
  expect(countAddresses(emptyLeases, [{ subnet, gateway }])).toEqual([{ used: 0, free: 5n }])
  expect(countAddresses(emptyLeases, [{ subnet, gateway: null }])).toEqual([{ used: 0, free: 6n }])
  expect(countAddresses(emptyLeases, [{ subnet: 'fd00::/64', gateway: 'fd00::1' }])).toEqual([
    { used: 0, free: 2n ** 64n - 2n },
  ])
})

test('leased addresses are used, and released ones free', () => {
  const state = leased(leased(emptyLeases, 'nginx'), 'worker')
  const others = { subnet: '10.0.1.0/29', gateway: '10.0.1.1' }
  expect(countAddresses(state, [{ subnet, gateway }, others])).toEqual([
    { used: 2, free: 3n },
    { used: 0, free: 5n },
  ])
  const { result } = acquireAddress(state, {
    ...{
      on: { project: 'shop', network: 'web' },
      holder: { project: 'shop', service: 'worker', replica: 1 },
    },
    ...{ subnet, gateway, ipRange: null, address: null, mac: null },
  })
  const released = releaseLease(state, leaseKey(result)).state
  expect(countAddresses(released, [{ subnet, gateway }])).toEqual([{ used: 1, free: 4n }])
})
