export * from './family.ts'
