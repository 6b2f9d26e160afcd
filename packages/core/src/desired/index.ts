export * from './desired-state.ts'
