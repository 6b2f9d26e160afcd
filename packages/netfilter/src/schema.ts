/** What values from outside must be, for the packages that read some, and for JSON Schemas. */
export { hostFactsSchema } from './facts/host-facts-schema.ts'
export * from './schema/index.ts'
