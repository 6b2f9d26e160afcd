export * from './lower.ts'
