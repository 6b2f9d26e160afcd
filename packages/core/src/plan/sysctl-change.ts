import { sysctlCommands } from '../conflict/remedy/sysctl-command.ts'
import type { Change } from './change.ts'

/**
 * What a plan does to sysctls.
 * @public @since 0.1.0
 */
export interface SysctlChange extends Change {
  readonly operation: {
    /** `restore-sysctl` puts back what was remembered of the host; it is forgotten after that. */
    readonly kind: 'set-sysctl' | 'restore-sysctl'
    /** Dotted, dots of an interface name written as `/`. */
    readonly name: string
    /** Null when it was not there to read: the interface does not exist yet. */
    readonly before: string | null
    readonly value: string
  }
}

/**
 * A change of one sysctl to a value.
 * @public @since 0.1.0
 */
export const sysctlChange = (
  name: string,
  before: string | null,
  value: string,
  why: string,
): SysctlChange => ({
  action: 'change',
  object: `sysctl ${name}`,
  description: why,
  before: before === null ? null : `${name} = ${before}`,
  after: `${name} = ${value}`,
  reverse:
    before === null ? unknownBefore(name) : (sysctlCommands(name, before)[0] ?? `# ${name} was ${before}`),
  operation: { kind: 'set-sysctl', name, before, value },
})

/**
 * The putting back of a sysctl to the host's own value.
 * @example
 * restoredSysctl('net.ipv4.ip_forward', '1', '0', 'Nothing needs it any more.').after // 'net.ipv4.ip_forward = 0'
 * @public @since 0.1.0
 */
export const restoredSysctl = (name: string, given: string, own: string, why: string): SysctlChange => ({
  ...sysctlChange(name, given, own, why),
  operation: { kind: 'restore-sysctl', name, before: given, value: own },
})

/** How to undo a change whose old value is unknown. A value of one interface ends with it; `all` and `default` are none. */
const unknownBefore = (name: string): string =>
  /\.conf\.(?!all\.|default\.)/.test(name)
    ? `# ${name} goes with its interface`
    : `# the value ${name} had before is not known`
