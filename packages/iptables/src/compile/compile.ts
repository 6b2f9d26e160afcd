import { type CompileOptions, checkDesired, type DesiredState } from '@portolan/core'
import { checkCompileOptions } from '@portolan/core/planning'
import { families } from '@portolan/netfilter'
import type { Ruleset } from '../model/ruleset.ts'
import { assemble } from './assemble.ts'
import { projectRules } from './project-parts.ts'

/**
 * Makes the iptables rules by which a host keeps the reachability contract for one project, as if it were the only
 * project there. Forbidden packets are dropped early, in `mangle`. The remaining packets are accepted at the end of
 * `filter` FORWARD. The host's own rules stand between the two, and only their policy is overruled.
 *
 * @returns our rules only: our chains, and the jump from each built-in chain. A family without a network or mapping
 *   has no tables
 * @throws InvalidRequestError for a project, interface or address that cannot be written into a ruleset
 * @see iptables-extensions(8); include/uapi/linux/netfilter_ipv4.h for the order of the tables
 * @example
 * print(compile(desired), 'iptables-restore')
 * @public @since 0.1.0
 */
export const compile = (desired: DesiredState, options: CompileOptions = {}): Ruleset => {
  checkDesired(desired)
  checkCompileOptions(options, 'compile')
  const { leaving = null } = options
  return {
    tables: families.flatMap((family) => assemble(family, projectRules(desired, family), leaving)),
    trailer: [],
  }
}
