export * from './bridge-alias.ts'
export * from './host-facts.ts'
export * from './parse-host-facts.ts'
