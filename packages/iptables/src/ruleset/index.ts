export type { ExtensionOption, Quoting } from './extension.ts'
export * from './match.ts'
export * from './ruleset.ts'
export * from './target.ts'
