import type { PublishedPort } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import type { HostRules } from './host-rules.ts'

/**
 * Every host port that a project of ours has in force on a host, whatever the backend.
 * @internal
 */
export const publishedPorts = (rules: HostRules): readonly PublishedPort[] => [
  ...nftables.published(rules.nftables),
  ...iptables.published(rules['iptables-nft']),
  ...iptables.published(rules['iptables-legacy']),
]
