import type { DesiredState } from '@portolan/core'
import type { Ruleset } from '../model/index.ts'
import { assemble } from './assemble.ts'
import { projectParts } from './project-parts.ts'

/**
 * The table that carries out one project's desired state, as if it were the only project on the host: one
 * private table `inet portolan`, in which a published port is one element of a map.
 *
 * @param desired - every choice made; addresses and prefixes canonical
 * @returns a ruleset of one table; of none when the project wants nothing
 * @throws InvalidRequestError when a value could not be written as a rule (an interface name with a quote, say)
 * @example
 * print(compile(desired), 'nft') // table inet portolan { ... }
 * @public @since 0.1.0
 */
export const compile = (desired: DesiredState): Ruleset => assemble(projectParts(desired))
