import type { Peer } from '../row.ts'
import { dockerd } from './dockerd.ts'
import type { Engine } from './engine.ts'
import { netavark } from './netavark.ts'
import { ourCommand, ourLibrary } from './ours.ts'
import { portmap } from './portmap.ts'

/** All compared ways to publish ports. The others are compared with the first. */
export const publishingEngines = (): readonly Engine[] => [
  ourLibrary('apply', 'nftables'),
  ourLibrary('publish', 'nftables'),
  ourCommand('nftables'),
  ourLibrary('apply', 'iptables-nft'),
  ourLibrary('publish', 'iptables-nft'),
  ourCommand('iptables-nft'),
  netavark('nftables'),
  netavark('iptables'),
  portmap,
  dockerd(false),
  dockerd(true),
]

/** The engines that have different rules. How the rules were written makes no difference to packets. */
export const engineRules = (): readonly Engine[] => [
  { ...ourLibrary('apply', 'nftables'), name: 'Portolan, nftables' },
  { ...ourLibrary('apply', 'iptables-nft'), name: 'Portolan, iptables-nft' },
  netavark('nftables'),
  netavark('iptables'),
  portmap,
  dockerd(false),
]

/** Peers that are not measured. Each report states why they are absent. */
export const neverMeasured: readonly Peer[] = [
  { kind: 'absent', name: 'kube-proxy', why: 'Debian has no package of it, so nothing was measured' },
]
