export * from './find-fault.ts'
export * from './schema.ts'
