import type { Peer } from '../row.ts'
import { dockerd } from './dockerd.ts'
import type { Engine } from './engine.ts'
import { netavark } from './netavark.ts'
import { ourCommand, ourLibrary } from './ours.ts'
import { portmap } from './portmap.ts'

/** Every way to publish ports that is compared. The first is the one that the others stand beside. */
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

/** Those whose rules differ: packets do not know how their rules were written. */
export const engineRules = (): readonly Engine[] => [
  { ...ourLibrary('apply', 'nftables'), name: 'Portolan, nftables' },
  { ...ourLibrary('apply', 'iptables-nft'), name: 'Portolan, iptables-nft' },
  netavark('nftables'),
  netavark('iptables'),
  portmap,
  dockerd(false),
]

/** Said in each report, so that its absence is no riddle. */
export const neverMeasured: readonly Peer[] = [
  { kind: 'absent', name: 'kube-proxy', why: 'Debian has no package of it, so nothing was measured' },
]
