import { describe, expect, test } from '@jest/globals'
import {
  acquireAddress,
  acquireSubnet,
  commitLeases,
  emptyLeases,
  type LeaseState,
  listLeases,
  readCompose,
  releaseLease,
  releaseProject,
  resolve,
} from '@portolan/core'

const intent = (...services: readonly string[]) =>
  readCompose(`name: shop\nservices:\n${services.map((name) => `  ${name}: {ports: ["80"]}\n`).join('')}`, {
    source: 'compose.yaml',
  })

const propose = (leases: LeaseState, ...services: readonly string[]) =>
  resolve(intent(...services), {}, { leases }).leases

const on = { project: 'shop', network: 'default' }
const request = (project: string, service: string) => ({
  on,
  holder: { project, service, replica: 1 },
  subnet: '172.17.0.0/16',
  gateway: '172.17.42.1',
  ipRange: null,
  address: null,
  mac: null,
})
const stale = expect.objectContaining({ code: 'STALE_STATE' })

describe('committing what a plan shows', () => {
  test('to the state it was made of leaves exactly that', () => {
    const { state, changes } = commitLeases(emptyLeases, propose(emptyLeases, 'a', 'b'))
    expect(listLeases(state)).toHaveLength(5)
    expect(changes).toHaveLength(5)
  })

  test('twice changes nothing the second time', () => {
    const proposal = propose(emptyLeases, 'a', 'b')
    const once = commitLeases(emptyLeases, proposal).state
    expect(commitLeases(once, proposal).changes).toEqual([])
    const release = propose(once, 'a')
    const released = commitLeases(once, release).state
    expect(commitLeases(released, release).changes).toEqual([])
  })

  test('goes through when others leased and released other things meanwhile', () => {
    const before = commitLeases(emptyLeases, propose(emptyLeases, 'a', 'b')).state
    const proposal = propose(before, 'a')
    const elsewhere = { ...request('bakery', 'x'), on: { project: 'bakery', network: 'default' } }
    const taken = acquireAddress(before, elsewhere)
    const now = releaseLease(taken.state, 'address/bakery/default/ip/172.17.0.1').state
    const { state } = commitLeases(now, proposal)
    const releases = listLeases(state).flatMap((lease) =>
      lease.kind === 'address' && lease.released !== null ? [lease.released] : [],
    )
    expect(new Set(releases).size).toBe(2)
  })

  test.each<[string, (state: LeaseState) => LeaseState]>([
    ['an address it takes', (state) => acquireAddress(state, request('bakery', 'x')).state],
    ['an address it keeps', (state) => releaseLease(state, 'address/shop/default/ip/172.17.0.1').state],
    ['its subnet', (state) => releaseProject(state, 'shop').state],
    [
      'another address for one of its endpoints',
      (state) => acquireAddress(state, { ...request('shop', 'c'), address: '172.17.0.77' }).state,
    ],
  ])('is refused when another process changed %s', (_name, change) => {
    const before = commitLeases(emptyLeases, propose(emptyLeases, 'a', 'b')).state
    const proposal = propose(before, 'a', 'b', 'c')
    expect(() => commitLeases(change(before), proposal)).toThrow(stale)
  })

  test('is refused when another network got an overlapping subnet', () => {
    const proposal = propose(emptyLeases, 'a')
    const { state } = acquireSubnet(emptyLeases, {
      kind: 'subnet',
      project: 'bakery',
      network: 'web',
      family: 'ip',
      subnet: '172.16.0.0/12',
      gateway: '172.16.0.1',
      movedFrom: null,
    })
    expect(() => commitLeases(state, proposal)).toThrow(stale)
    // The plan made anew goes elsewhere.
    expect(commitLeases(state, propose(state, 'a')).state.leases).not.toBeNull()
  })
})
