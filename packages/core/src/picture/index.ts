export type * from './address-map.ts'
export { type MapInput, mapAddresses } from './map-addresses.ts'
