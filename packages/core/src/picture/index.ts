export type * from './address-map.ts'
export { mapAddresses } from './map-addresses.ts'
export type { MapInput } from './map-input.ts'
