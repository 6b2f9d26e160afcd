import type { Family } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'
import { forwardingSysctl } from '../plan/forwarding-sysctls.ts'
import type { SysctlUse } from './sysctl-use.ts'

/**
 * A sysctl that a file of the system's configuration sets.
 * @public @since 0.1.0
 */
export interface SysctlSetting {
  /**
   * The name in Portolan's spelling: `net.ipv4.conf.eth0/100.rp_filter` belongs to the interface `eth0.100`. It may
   * hold `*` and `?`.
   */
  readonly name: string
  /** Null: patterns do not apply to this name. */
  readonly value: string | null
  /** The line as written, for messages. */
  readonly text: string
  readonly file: string
}

/**
 * Reads a file of sysctl.d(5), /etc/sysctl.conf or a sysctl file of ufw. Lines that cannot be understood are skipped,
 * as those programs skip them.
 *
 * @see systemd `src/sysctl/sysctl.c` `parse_file`; procps `src/sysctl.c`
 * @example
 * parseSysctlSettings('net/ipv4/ip_forward = 1', '/etc/ufw/sysctl.conf')[0]?.name // 'net.ipv4.ip_forward'
 * @public @since 0.1.0
 */
export const parseSysctlSettings = (text: string, file: string): readonly SysctlSetting[] => {
  checkText(text, 'text')
  checkText(file, 'file')
  return text.split('\n').flatMap((line): readonly SysctlSetting[] => {
    const trimmed = line.trim()
    if (trimmed === '' || /^[#;]/.test(trimmed)) return []
    const isLenient = trimmed.startsWith('-')
    const equals = trimmed.indexOf('=')
    if (equals === -1 && !isLenient) return []
    const name = dotted(trimmed.slice(isLenient ? 1 : 0, equals === -1 ? undefined : equals).trim())
    return name === ''
      ? []
      : [{ name, value: equals === -1 ? null : trimmed.slice(equals + 1).trim(), text: trimmed, file }]
  })
}

/**
 * Converts a name to dots. If its first separator is a slash, slashes separate the parts, and a dot belongs to the name
 * of an interface.
 */
const dotted = (name: string): string =>
  /^[^./]*\//.test(name) ? name.replaceAll(/[./]/g, (one) => (one === '/' ? '.' : '/')) : name

/**
 * The setting that decides a sysctl when all settings are applied in this order; null: none does.
 *
 * @see sysctl.d(5): patterns do not apply to a name that has a line of its own; the last of several settings counts
 * @example
 * settingOf('net.ipv4.ip_forward', parseSysctlSettings('net.ipv4.conf.all.forwarding=1', 'x'))?.value // '1'
 * @public @since 0.1.0
 */
export const settingOf = (name: string, settings: readonly SysctlSetting[]): SysctlSetting | null => {
  const names = [name, ...(otherNames.get(name) ?? [])]
  const named = settings.findLast((one) => names.includes(one.name))
  if (named !== undefined) return named.value === null ? null : named
  return (
    settings.findLast((one) => one.value !== null && names.some((each) => matches(one.name, each))) ?? null
  )
}

/** Two names of one switch: net/ipv4/devinet.c, `ctl_forward_entry`. */
const otherNames: ReadonlyMap<string, readonly string[]> = new Map([
  ['net.ipv4.ip_forward', ['net.ipv4.conf.all.forwarding']],
])

/**
 * Matches a pattern of glob(7) as sysctl.d(5) uses it: `*` and `?` match no dot, so they stay within one part of a
 * name.
 */
const matches = (pattern: string, name: string): boolean =>
  /[*?]/.test(pattern) &&
  new RegExp(
    `^${pattern
      .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '[^.]*')
      .replaceAll('?', '[^.]')}$`,
  ).test(name)

/**
 * The setting that asks for a family's forwarding; null: there is none. If no setting covers the whole family, a
 * setting for a single interface is enough.
 * @example
 * forwardingWish('ip', parseSysctlSettings('net.ipv4.ip_forward = 1', '/etc/sysctl.d/router.conf'))?.file
 * // '/etc/sysctl.d/router.conf'
 * @public @since 0.1.0
 */
export const forwardingWish = (family: Family, settings: readonly SysctlSetting[]): SysctlSetting | null => {
  const whole = settingOf(forwardingSysctl[family], settings)
  if (whole !== null) return isOn(whole) ? whole : null
  return settings.findLast((one) => ofInterface[family].test(one.name) && isOn(one)) ?? null
}

const isOn = ({ value }: SysctlSetting): boolean => Number(value) > 0

const ofInterface: Readonly<Record<Family, RegExp>> = {
  ip: /^net\.ipv4\.conf\.[^.]+\.forwarding$/,
  ip6: /^net\.ipv6\.conf\.[^.]+\.(force_)?forwarding$/,
}

/**
 * Turns a setting in a file into a use of its sysctl.
 * @example
 * parseSysctlSettings('net.ipv4.ip_forward=1', '/etc/sysctl.conf').map(settingUse)[0]?.text
 * // 'setting "net.ipv4.ip_forward=1" in /etc/sysctl.conf'
 * @public @since 0.1.0
 */
export const settingUse = ({ text, file }: SysctlSetting): SysctlUse => ({
  kind: 'setting',
  owner: null,
  text: `setting "${text}" in ${file}`,
})
