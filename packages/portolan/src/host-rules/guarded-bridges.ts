import type { Backend } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'

/** The bridges whose networks have rules in a backend. */
export const guardedBridges = <One extends Backend>(backend: One, rules: RulesByBackend): readonly string[] =>
  dialects[backend].guardedBridges(rules[backend])
