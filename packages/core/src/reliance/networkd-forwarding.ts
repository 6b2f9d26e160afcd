import type { Family } from '@portolan/netfilter'
import { readUnitFile } from '../engine/unit-file.ts'
import { forwardingSysctl } from '../plan/forwarding-sysctls.ts'
import type { SysctlSetting } from './sysctl-settings.ts'

/** A file with its text. */
interface WrittenFile {
  readonly text: string
  readonly file: string
}

/**
 * Reads the forwarding that systemd-networkd switches on for a configuration file and its drop-ins. Settings that
 * switch forwarding off are left out: another program may still need forwarding, and networkd may not be running. A
 * file for one interface counts for its family, whether or not that interface exists now.
 *
 * @param files - `networkd.conf` or a `.network` file, then its drop-ins in their order
 * @see networkd.conf(5), systemd.network(5): `IPv4Forwarding=`, `IPv6Forwarding=`, before systemd 256 `IPForward=`
 * @example
 * networkdForwarding([{ text: '[Network]\nIPv4Forwarding=yes', file: '/etc/systemd/networkd.conf' }])[0]?.name
 * // 'net.ipv4.ip_forward'
 * @public @since 0.1.0
 */
export const networkdForwarding = (files: readonly WrittenFile[]): readonly SysctlSetting[] => {
  const lines = files.flatMap(({ text, file }) =>
    readUnitFile(text)
      .filter(({ name }) => name === 'Network')
      .flatMap(({ settings }) => settings.map((setting) => ({ ...setting, file }))),
  )
  return [...byKey].flatMap(([key, familiesOn]): readonly SysctlSetting[] => {
    const last = lines.findLast((line) => line.key === key)
    if (last === undefined) return []
    return familiesOn(last.value.toLowerCase()).map((family) => ({
      name: forwardingSysctl[family],
      value: '1',
      text: `${key}=${last.value}`,
      file: last.file,
    }))
  })
}

/** systemd.syntax(7), boolean arguments. */
const isYes = (value: string): boolean => /^(1|yes|y|true|t|on)$/.test(value)

type FamiliesOn = (value: string) => readonly Family[]

const byKey: ReadonlyMap<string, FamiliesOn> = new Map<string, FamiliesOn>([
  ['IPForward', (value) => (isYes(value) ? ['ip', 'ip6'] : (ofOneFamily.get(value) ?? []))],
  ['IPv4Forwarding', (value) => (isYes(value) ? ['ip'] : [])],
  ['IPv6Forwarding', (value) => (isYes(value) ? ['ip6'] : [])],
])

const ofOneFamily: ReadonlyMap<string, readonly Family[]> = new Map([
  ['ipv4', ['ip']],
  ['ipv6', ['ip6']],
])
