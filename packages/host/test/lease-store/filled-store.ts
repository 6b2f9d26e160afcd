import {
  type AddressRequest,
  acquireAddress,
  type LeaseChange,
  type LeaseState,
  type LeaseStep,
  listLeases,
} from '@portolan/core'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'

export const request = (replica: number): AddressRequest => ({
  on: { project: 'shop', network: 'web' },
  holder: { project: 'shop', service: 'nginx', replica },
  subnet: '10.0.0.0/16',
  gateway: '10.0.0.1',
  ipRange: null,
  address: null,
  mac: null,
})

export const acquireMany = (state: LeaseState, count: number): LeaseStep<null> => {
  const changes: LeaseChange[] = []
  let next = state
  for (let replica = 1; replica <= count; replica += 1) {
    const step = acquireAddress(next, request(replica))
    next = step.state
    changes.push(...step.changes)
  }
  return { state: next, changes, result: null }
}

/** A store with this many leases, closed. */
export const fill = async (folder: string, count: number): Promise<void> => {
  const store = openLeaseStore(folder)
  await store.transact((state) => acquireMany(state, count))
  await store.close()
}

/** The number of leases in a store. */
export const count = async (folder: string): Promise<number> => {
  const store = openLeaseStore(folder)
  try {
    return listLeases(await store.read()).length
  } finally {
    await store.close()
  }
}
