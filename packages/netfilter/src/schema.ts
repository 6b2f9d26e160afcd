/**
 * Checks and schemas for values from outside. The packages that read such values use them, and so do the JSON Schemas.
 */
export { checkHostFacts } from './facts/check-host-facts.ts'
export { hostFactsSchema } from './facts/host-facts-schema.ts'
export { packetSchema, type WrittenPacket } from './packet/packet-schema.ts'
export * from './schema/index.ts'
