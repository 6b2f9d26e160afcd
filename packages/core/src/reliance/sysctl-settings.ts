import type { Family } from '@portolan/netfilter'
import { forwardingSysctl } from '../plan/forwarding-sysctls.ts'
import type { SysctlUse } from './sysctl-use.ts'

/**
 * A sysctl that a file of the system's configuration sets.
 * @public @since 0.1.0
 */
export interface SysctlSetting {
  /** As Portolan writes names: `net.ipv4.conf.eth0/100.rp_filter` is of the interface `eth0.100`. May have `*` and `?`. */
  readonly name: string
  /** Null: the name is left out where a pattern matches it. */
  readonly value: string | null
  /** The line, to be recognised by. */
  readonly text: string
  readonly file: string
}

/**
 * Reads a file of sysctl.d(5), of /etc/sysctl.conf or of ufw. What is not understood is passed over, as there.
 *
 * @see systemd `src/sysctl/sysctl.c` `parse_file`; procps `src/sysctl.c`
 * @example
 * parseSysctlSettings('net/ipv4/ip_forward = 1', '/etc/ufw/sysctl.conf')[0]?.name // 'net.ipv4.ip_forward'
 * @public @since 0.1.0
 */
export const parseSysctlSettings = (text: string, file: string): readonly SysctlSetting[] =>
  text.split('\n').flatMap((line): readonly SysctlSetting[] => {
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

/** Where the first separator is a slash, slashes part the name, and dots are of interfaces' names. */
const dotted = (name: string): string =>
  /^[^./]*\//.test(name) ? name.replaceAll(/[./]/g, (one) => (one === '/' ? '.' : '/')) : name

/**
 * The setting that decides about a sysctl when all of them are carried out in this order; null where none does.
 *
 * @see sysctl.d(5): what is named is left out of patterns; of several settings the last counts
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

/** One switch by another name: net/ipv4/devinet.c, `ctl_forward_entry`. */
const otherNames: ReadonlyMap<string, readonly string[]> = new Map([
  ['net.ipv4.ip_forward', ['net.ipv4.conf.all.forwarding']],
])

/** glob(7), as far as sysctl.d(5) has it: no part of a name is two. */
const matches = (pattern: string, name: string): boolean =>
  /[*?]/.test(pattern) &&
  new RegExp(
    `^${pattern
      .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '[^.]*')
      .replaceAll('?', '[^.]')}$`,
  ).test(name)

/**
 * The setting by which a family is to forward; null where there is none. Where nothing is said of the whole family, one
 * of a single interface is enough.
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
 * That a file sets a sysctl, as a use of it.
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
