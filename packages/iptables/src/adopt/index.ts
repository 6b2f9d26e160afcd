export * from './adopt.ts'
