import { aboutNetwork, type Conflict } from '../conflict.ts'

/**
 * `icc` is off and the IP hooks enforce it, which see only IP. br_netfilter passes on no VLAN-tagged frames (unless
 * bridge-nf-filter-vlan-tagged is on) and no other ethertypes.
 * @internal
 */
export const iccForIpOnly = (network: string, why: string): Conflict => ({
  kind: 'IccForIpOnly',
  severity: 'info',
  certainty: 'certain',
  ...aboutNetwork(network),
  message: `Containers of ${network} can send each other frames that are not plain IP, such as VLAN-tagged ones, although icc is off: ${why}`,
  witness: null,
  culprit: null,
  remedy: {
    text: 'Attach every container of the network with attachPort while net.bridge.bridge-nf-call-iptables and net.bridge.bridge-nf-call-ip6tables are 0: it isolates the ports.',
    commands: [],
  },
  trace: [],
})
