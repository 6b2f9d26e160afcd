export * from './errors.ts'
export * from './portolan-error.ts'
