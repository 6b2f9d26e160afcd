/** What values from outside must be, for the packages that read some, and for JSON Schemas. */
export { checkHostFacts } from './facts/check-host-facts.ts'
export { hostFactsSchema } from './facts/host-facts-schema.ts'
export { packetSchema, type WrittenPacket } from './packet/packet-schema.ts'
export * from './schema/index.ts'
