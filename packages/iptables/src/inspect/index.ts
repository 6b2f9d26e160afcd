export { type InspectOptions, inspect } from './inspect.ts'
export type { Variant } from './variant.ts'
