import type { PublishedPort } from '@portolan/core'
import { type Backend, backends } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from './host-rules.ts'

/** The ports that one backend publishes. */
export const publishedIn = <One extends Backend>(
  backend: One,
  rules: RulesByBackend,
): readonly PublishedPort[] => dialects[backend].published(rules[backend])

/**
 * Every host port that a project has in force on a host, in any backend.
 * @example
 * publishedPorts(noRules) // []
 * @public @since 0.1.0
 */
export const publishedPorts = (rules: HostRules): readonly PublishedPort[] =>
  backends.flatMap((backend) => publishedIn(backend, rules))
