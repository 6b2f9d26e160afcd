export * from './apply-to.ts'
export * from './change.ts'
export * from './diff.ts'
export { ours } from './ours.ts'
