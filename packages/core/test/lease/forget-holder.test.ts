import { expect, test } from '@jest/globals'
import { acquireAddress, emptyLeases, type LeaseState, listLeases } from '@portolan/core'
import { forgetHolder, releaseHolder } from '@portolan/core/planning'

const on = { project: 'shop', network: 'web' }
const holderOf = (service: string) => ({ project: 'shop', service, replica: 1 })

const leased = (state: LeaseState, service: string): readonly [state: LeaseState, address: string] => {
  const { state: after, result } = acquireAddress(state, {
    ...{ on, holder: holderOf(service), subnet: '172.17.0.0/16', gateway: '172.17.42.1' },
    ...{ ipRange: null, address: null, mac: null },
  })
  return [after, result.address]
}

test('an address that was never used goes to the next one, and one that was given up comes last', () => {
  const [first, address] = leased(emptyLeases, 'a')
  expect(address).toBe('172.17.0.1')
  expect(leased(releaseHolder(first, on, holderOf('a')).state, 'b')[1]).toBe('172.17.0.2')
  const forgotten = forgetHolder(first, on, holderOf('a'))
  expect(listLeases(forgotten.state)).toEqual([])
  expect(leased(forgotten.state, 'b')[1]).toBe(address)
  // Of another one nothing is forgotten.
  expect(forgetHolder(first, on, holderOf('b'))).toMatchObject({ state: first, changes: [] })
})
