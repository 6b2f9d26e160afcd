export * from './bridge-alias.ts'
export * from './host-facts.ts'
