import {
  type AddressRequest,
  acquireAddress,
  emptyLeases,
  type LeaseState,
  releaseLease,
} from '@portolan/core'

export const web = { project: 'shop', network: 'web' }

export const request = (service: string, more: Partial<AddressRequest> = {}): AddressRequest => ({
  on: web,
  holder: { project: 'shop', service, replica: 1 },
  subnet: '172.17.0.0/16',
  gateway: '172.17.42.1',
  ipRange: null,
  address: null,
  mac: null,
  ...more,
})

/** Acquires for one service after the other. */
export const acquireAll = (
  services: readonly string[],
  more: Partial<AddressRequest> = {},
  from: LeaseState = emptyLeases,
): { readonly state: LeaseState; readonly addresses: readonly string[] } => {
  let state = from
  const addresses = services.map((service) => {
    const step = acquireAddress(state, request(service, more))
    state = step.state
    return step.result.address
  })
  return { state, addresses }
}

export const release = (state: LeaseState, address: string): LeaseState =>
  releaseLease(state, `address/shop/web/${address.includes(':') ? 'ip6' : 'ip'}/${address}`).state
