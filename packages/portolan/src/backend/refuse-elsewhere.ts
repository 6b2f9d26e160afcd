import type { Runner } from '@portolan/core'
import { whereRuns } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'

/**
 * Refuses a Runner that starts its programs in another network namespace than that of this process. These programs
 * write the rules. This process sets up bridges, sysctls, conntrack entries, listeners and locks. With two namespaces,
 * one half of a change would be made in each.
 *
 * @param isHarmless - nothing is changed, so a Runner in an unknown namespace is accepted
 * @throws PortolanError `RUNNER_ELSEWHERE`
 * @internal
 */
export const refuseElsewhere = async (runner: Runner, isHarmless = false): Promise<void> => {
  const where = await whereRuns(runner)
  if (where === 'here' || (where === 'unknown' && isHarmless)) return
  const found =
    where === 'elsewhere'
      ? 'starts its programs in another network namespace than this process is in'
      : 'does not tell in which network namespace it starts its programs ("readlink /proc/self/ns/net" gave none)'
  throw new PortolanError(
    'RUNNER_ELSEWHERE',
    `The Runner that was handed in ${found}. Rules would be those of that namespace; bridges, sysctls and connections are always those of this process. Nothing was changed. Run this process itself in that namespace (ip netns exec, nsenter), without a Runner.`,
  )
}
