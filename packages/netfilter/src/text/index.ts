export * from './byte-length.ts'
export * from './visible-text.ts'
