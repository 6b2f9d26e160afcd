import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import type { HostRules } from './host-rules.ts'

/**
 * The projects that have rules on a host, in whatever backend.
 * @internal
 */
export const projectsInRules = (rules: HostRules): readonly string[] => [
  ...nftables.projectsIn(rules.nftables),
  ...iptables.projectsIn(rules['iptables-nft']),
  ...iptables.projectsIn(rules['iptables-legacy']),
]
