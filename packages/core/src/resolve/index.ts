export * from './check-port-count.ts'
export { subnetLeases } from './lease-subnets.ts'
export * from './resolve.ts'
export type { ResolveOptions } from './resolve-options.ts'
