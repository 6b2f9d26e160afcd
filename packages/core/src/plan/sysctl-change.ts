import { checkText } from '@portolan/netfilter/schema'
import { sysctlCommands } from '../conflict/remedy/sysctl-command.ts'
import type { Change } from './change.ts'

/**
 * One change of a plan to a sysctl.
 * @public @since 0.1.0
 */
export interface SysctlChange extends Change {
  readonly operation: {
    /** `restore-sysctl` puts back the host's own value that was remembered. The note is deleted after that. */
    readonly kind: 'set-sysctl' | 'restore-sysctl'
    /** A dotted name; dots in the name of an interface are written as `/`. */
    readonly name: string
    /** Null: there was no value to read, because the interface does not exist yet. */
    readonly before: string | null
    readonly value: string
  }
}

/**
 * Makes the change that sets one sysctl.
 * @public @since 0.1.0
 */
export const sysctlChange = (
  name: string,
  before: string | null,
  value: string,
  why: string,
): SysctlChange => {
  checkText(name, 'name')
  if (before !== null) checkText(before, 'before')
  checkText(value, 'value')
  checkText(why, 'why')
  return {
    action: 'change',
    object: `sysctl ${name}`,
    description: why,
    before: before === null ? null : `${name} = ${before}`,
    after: `${name} = ${value}`,
    reverse:
      before === null ? unknownBefore(name) : (sysctlCommands(name, before)[0] ?? `# ${name} was ${before}`),
    operation: { kind: 'set-sysctl', name, before, value },
  }
}

/**
 * Makes the change that puts back the host's own value of a sysctl.
 * @example
 * restoredSysctl('net.ipv4.ip_forward', '1', '0', 'Nothing needs it any more.').after // 'net.ipv4.ip_forward = 0'
 * @public @since 0.1.0
 */
export const restoredSysctl = (name: string, given: string, own: string, why: string): SysctlChange => {
  checkText(given, 'given')
  checkText(own, 'own')
  return {
    ...sysctlChange(name, given, own, why),
    operation: { kind: 'restore-sysctl', name, before: given, value: own },
  }
}

/**
 * How to take back a change whose old value is unknown. The value of an interface goes with the interface. `all` and
 * `default` are no interfaces.
 */
const unknownBefore = (name: string): string =>
  /\.conf\.(?!all\.|default\.)/.test(name)
    ? `# ${name} goes with its interface`
    : `# the value ${name} had before is not known`
