import { acquireAddress, type LeasedAddress, type LeaseState, type LeaseStep } from '@portolan/core'

/** What is measured, and what a writer that is killed does: an address for one more replica. */
export const leaseOne = (state: LeaseState, replica: number): LeaseStep<LeasedAddress> =>
  acquireAddress(state, {
    on: { project: 'shop', network: 'web' },
    holder: { project: 'shop', service: 'web', replica },
    subnet: '172.16.0.0/12',
    gateway: '172.16.0.1',
    ipRange: null,
    address: null,
    mac: null,
  })
