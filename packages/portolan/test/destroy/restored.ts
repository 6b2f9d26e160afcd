import { parseSysctlSettings } from '@portolan/core'
import { emptyState, type HostState } from '@portolan/host'
import * as iptables from '@portolan/iptables'
import type { Family, HostFacts } from '@portolan/netfilter'
import { type RestoredSysctls, restoredSysctls } from '../../src/destroy/restored-sysctls.ts'
import { type HostRules, noRules } from '../../src/host-rules/host-rules.ts'

export const [ip, ip6] = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']

export const notes: HostState['sysctls'] = {
  [ip]: { before: '0', given: '1' },
  [ip6]: { before: '0', given: '1' },
}

export const switched = { [ip]: '1', [ip6]: '1' }

export interface Given {
  readonly facts?: HostFacts
  readonly rules?: HostRules
  /** The text of a sysctl.d(5) file. */
  readonly settings?: string
}

/** The restored sysctls of a host on which Portolan has turned both families on. */
export const restored = (
  { facts = {}, rules = noRules, settings = '' }: Given,
  more: HostState['sysctls'] = {},
): RestoredSysctls => {
  const given = Object.fromEntries(Object.entries(more).map(([name, note]) => [name, note.given]))
  return restoredSysctls(
    { ...facts, sysctls: { ...switched, ...given } },
    { rules, unread: [], settings: parseSysctlSettings(settings, '/etc/sysctl.d/router.conf') },
    { ...emptyState, sysctls: { ...notes, ...more } },
  )
}

export const off = ({ changes }: RestoredSysctls): readonly string[] =>
  changes.flatMap(({ after }) => (after === null ? [] : [after]))

export const saved = (text: string, family: Family = 'ip'): HostRules => ({
  ...noRules,
  'iptables-nft': iptables.parse(text, 'iptables-save', family),
})

export const nat = (...lines: readonly string[]): HostRules =>
  saved(
    [
      '*nat',
      ...['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map((name) => `:${name} ACCEPT [0:0]`),
      ...[':DOCKER - [0:0]', ...lines, 'COMMIT', ''],
    ].join('\n'),
  )
