import { acquireAddress, type LeasedAddress, type LeaseState, type LeaseStep } from '@portolan/core'

/** Leases an address for one more replica. Both the measurement and the killed writers do this. */
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
