import type { Change } from './change.ts'

/**
 * What a plan does to sysctls.
 * @public @since 0.1.0
 */
export interface SysctlChange extends Change {
  readonly operation: {
    readonly kind: 'set-sysctl'
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
  reverse: before === null ? unknownBefore(name) : `sysctl -w ${name}=${before}`,
  operation: { kind: 'set-sysctl', name, before, value },
})

/** What is set on one interface ends with it; `all` and `default` are no interfaces. */
const unknownBefore = (name: string): string =>
  /\.conf\.(?!all\.|default\.)/.test(name)
    ? `# ${name} goes with its interface`
    : `# the value ${name} had before is not known`
