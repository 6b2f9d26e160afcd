export type { ExtensionOption, Quoting } from './option/extension.ts'
export * from './option/match.ts'
export * from './option/target.ts'
export * from './ruleset.ts'
