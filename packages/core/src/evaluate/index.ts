export { type EndpointAddress, endpointAddresses } from './endpoint-set.ts'
export * from './outcome.ts'
export * from './prepare.ts'
