import { type Backend, backends } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from './host-rules.ts'

const inOne = <One extends Backend>(backend: One, rules: RulesByBackend): readonly string[] =>
  dialects[backend].projectsIn(rules[backend])

/**
 * The projects that have rules on a host, in any backend.
 * @internal
 */
export const projectsInRules = (rules: HostRules): readonly string[] =>
  backends.flatMap((backend) => inOne(backend, rules))
