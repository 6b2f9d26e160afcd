/**
 * Pictures of the address space, for terminals and as SVG: the pools, what occupies their parts, and the picked
 * subnets.
 */
export { type AddressMap, type MapInput, mapAddresses } from '@portolan/core'
export { drawAddressMap } from './picture/draw-address-map.ts'
export { cellsFor, type PrintMapOptions, printAddressMap } from './picture/print-address-map.ts'
