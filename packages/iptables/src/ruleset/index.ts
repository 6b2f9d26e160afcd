export * from './match.ts'
export * from './ruleset.ts'
export * from './target.ts'
