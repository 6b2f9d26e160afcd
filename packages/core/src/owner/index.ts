export { ownerOf } from './owner-of.ts'
