export { guardForwardingPart, type ManagedPart } from './managed-part.ts'
export { ownerOf } from './owner-of.ts'
