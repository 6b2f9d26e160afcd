export type { EndpointAddress } from './endpoint-set.ts'
export * from './outcome.ts'
export * from './prepare.ts'
