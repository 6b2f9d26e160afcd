export * from './errors.ts'
export * from './parse-error-at.ts'
export * from './parse-json.ts'
export * from './portolan-error.ts'
