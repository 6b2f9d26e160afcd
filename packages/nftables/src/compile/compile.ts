import type { DesiredState } from '@portolan/core'
import type { Ruleset } from '../model/index.ts'
import { assemble } from './assemble.ts'
import { projectParts } from './project-parts.ts'

/**
 * The table that carries out one project's desired state, as if it were the only project on the host. The table is
 * private, `inet portolan`, and a published port is one element of a map.
 *
 * @param desired - the state with every choice made; addresses and prefixes canonical
 * @returns a ruleset of one table; an empty ruleset when the project wants nothing
 * @throws InvalidRequestError when a value could not be written as a rule (an interface name with a quote, say)
 * @example
 * print(compile(desired), 'nft') // table inet portolan { ... }
 * @public @since 0.1.0
 */
export const compile = (desired: DesiredState): Ruleset => assemble(projectParts(desired))
