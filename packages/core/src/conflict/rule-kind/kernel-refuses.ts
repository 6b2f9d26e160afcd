import { sysctlCommands } from '../remedy/sysctl-command.ts'
import type { Finding } from '../search/finding/finding.ts'
import { cause } from './cause.ts'
import { unreachable } from './effect.ts'
import type { Words } from './rule-conflict.ts'

/**
 * The kernel itself stops the packets, by a sysctl that the plan does not set. Forwarding is off, route_localnet is
 * off, or the reverse path filter rejects the source.
 * @internal
 */
export const kernelRefuses = (finding: Finding): Words => {
  const refusal = finding.step?.cause
  const sysctl = refusal?.kind === 'sysctl' ? refusal : null
  const name = sysctl?.name ?? null
  const value = sysctl?.setting === 'rp_filter' ? '2' : '1'
  return {
    message: `${unreachable(finding)} ${cause(finding, 'stops the packets', 'may stop the packets')}`,
    otherwise: 'Change the route or the setting that is named.',
    remedy: {
      text:
        name === null
          ? 'Change the route or the setting that is named.'
          : `Set ${name} to ${value}, also where it is set at boot (sysctl.d(5)).`,
      commands: name === null ? [] : sysctlCommands(name, value),
    },
  }
}
