export * from './apply.ts'
export * from './base-chains.ts'
export { restoreText } from './restore-text.ts'
