import { type CompileOptions, checkDesired, type DesiredState } from '@portolan/core'
import { families } from '@portolan/netfilter'
import type { Ruleset } from '../model/ruleset.ts'
import { assemble } from './assemble.ts'
import { projectRules } from './project-parts.ts'

/**
 * The iptables rules that make a host keep the reachability contract for one project, as if it were the only
 * one there. What is forbidden is dropped early, in `mangle`, and what is left is accepted last, at the end of
 * `filter` FORWARD: between the two the host's own rules are heard, and can only be overruled in their policy.
 *
 * @returns what is ours only: our chains, and of the built-in chains our one jump. A family that no network and no
 * mapping has gets no tables
 * @throws InvalidRequestError for a project, interface or address that cannot be written into a ruleset
 * @see iptables-extensions(8); include/uapi/linux/netfilter_ipv4.h for the order of the tables
 * @example
 * print(compile(desired), 'iptables-restore')
 * @public @since 0.1.0
 */
export const compile = (desired: DesiredState, { leaving = null }: CompileOptions = {}): Ruleset => {
  checkDesired(desired)
  return {
    tables: families.flatMap((family) => assemble(family, projectRules(desired, family), leaving)),
    trailer: [],
  }
}
