import { cause } from './cause.ts'
import type { Conflict } from './conflict.ts'
import { unreachable } from './effect.ts'
import { sysctlCommands } from './remedy/sysctl-command.ts'
import { ruleConflict, type ToldFinding } from './rule-conflict.ts'

/**
 * The kernel itself stops the packets, by a sysctl that the plan leaves alone: forwarding is off, route_localnet is
 * off, the reverse path filter finds the source where it should not be.
 * @internal
 */
export const kernelRefuses = (finding: ToldFinding): Conflict => {
  const sysctl = /(net\.\S+) = (\d)/.exec(finding.step?.text ?? '')
  const name = sysctl?.[1] ?? null
  const value = name?.endsWith('.rp_filter') === true ? '2' : '1'
  return ruleConflict(finding, {
    message: `${unreachable(finding)} ${cause(finding, 'stops the packets', 'may stop the packets')}`,
    otherwise: 'Change the route or the setting that is named.',
    remedy: {
      text:
        name === null
          ? 'Change the route or the setting that is named.'
          : `Set ${name} to ${value}, also where it is set at boot (sysctl.d(5)).`,
      commands: name === null ? [] : sysctlCommands(name, value),
    },
  })
}
