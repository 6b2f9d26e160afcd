import { expect, test } from '@jest/globals'
import {
  acquireAddress,
  acquireSubnet,
  commitLeases,
  emptyLeases,
  type LeaseState,
  listLeases,
  readCompose,
  releaseLease,
  resolve,
  revertLeases,
} from '@portolan/core'

const commit = (state: LeaseState, ...services: readonly string[]) => {
  const text = `name: shop\nnetworks: {web: {}}\nservices: {${services.map((name) => `${name}: {networks: [web], ports: ["80"]}`).join(', ')}}`
  return commitLeases(state, resolve(readCompose(text, { source: 'x' }), {}, { leases: state }).leases)
}

test('what was taken is given back without a trace, and what was given up is held again', () => {
  const first = commit(emptyLeases, 'a', 'b')
  expect(listLeases(revertLeases(first.state, first.changes).state)).toEqual([])
  const second = commit(first.state, 'b', 'c')
  expect(listLeases(second.state)).not.toEqual(listLeases(first.state))
  expect(listLeases(revertLeases(second.state, second.changes).state)).toEqual(listLeases(first.state))
})

test('what was built on meanwhile stays', () => {
  const { state, changes } = commit(emptyLeases, 'a')
  const orchestrator = acquireAddress(state, {
    on: { project: 'shop', network: 'web' },
    holder: { project: 'bakery', service: 'oven', replica: 1 },
    subnet: '172.17.0.0/16',
    gateway: '172.17.42.1',
    ipRange: null,
    address: null,
    mac: null,
  }).state
  expect(listLeases(revertLeases(orchestrator, changes).state).map(({ kind }) => kind)).toEqual([
    'address',
    'subnet',
  ])
})

test('what another holder has by now is not taken from it', () => {
  const { state } = commit(emptyLeases, 'a')
  const released = releaseLease(state, 'subnet/shop/web/ip')
  const other = acquireSubnet(released.state, {
    kind: 'subnet',
    project: 'bakery',
    network: 'kitchen',
    family: 'ip',
    subnet: '172.17.0.0/17',
    gateway: '172.17.0.1',
    movedFrom: null,
  }).state
  const reverted = revertLeases(other, released.changes).state
  expect(listLeases(reverted).filter(({ kind }) => kind === 'subnet')).toHaveLength(1)
  expect(listLeases(reverted)).toEqual(expect.arrayContaining([...listLeases(other)]))
})

test('twice is once', () => {
  const { state, changes } = commit(emptyLeases, 'a')
  const once = revertLeases(state, changes).state
  expect(revertLeases(once, changes).changes).toEqual([])
})
