export * from './bridge-alias.ts'
export * from './host-facts.ts'
export * from './local-port-range.ts'
export * from './parse-host-facts.ts'
