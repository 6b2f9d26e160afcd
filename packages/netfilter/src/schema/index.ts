export * from './check-options.ts'
export * from './find-fault.ts'
export * from './schema.ts'
export * from './unknown-options.ts'
