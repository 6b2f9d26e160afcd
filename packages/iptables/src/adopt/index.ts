export * from './adopt.ts'
export * from './mend.ts'
