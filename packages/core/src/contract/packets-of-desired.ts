import type { Family, Hook, PacketBox } from '@portolan/netfilter'
import type { DesiredMapping, DesiredNetwork, DesiredState } from './desired-state.ts'
import { ownAddresses } from './own-addresses.ts'

const any = {
  hooks: null,
  protocols: null,
  sources: null,
  destinations: null,
  ports: null,
  in: null,
  out: null,
} as const

const beforeRouting: readonly Hook[] = ['prerouting', 'output']
const afterRouting: readonly Hook[] = ['forward', 'postrouting']

/**
 * Describes the packets of a project: to its published ports, before and after translation, and to and from its
 * networks.
 *
 * @example
 * findAnomalies(rulesets, { packets: packetsOfDesired(desired) })
 * @public @since 0.1.0
 */
export const packetsOfDesired = (desired: DesiredState): readonly PacketBox[] => [
  ...toPublished(desired.mappings),
  ...desired.networks.flatMap((network) =>
    (['ip', 'ip6'] as const).flatMap((family) => ofNetwork(desired, network, family)),
  ),
]

/** Ports of one family, protocol, address and interface share a box: there may be thousands of mappings. */
const toPublished = (mappings: readonly DesiredMapping[]): readonly PacketBox[] => {
  const groups = new Map<string, { readonly box: PacketBox; readonly ports: Set<number> }>()
  for (const { kind, family, protocol, hostAddress, hostPort, interface: link } of mappings) {
    if (kind !== 'nat') continue
    const name = [family, protocol, hostAddress, link].join(' ')
    const group = groups.get(name) ?? {
      box: {
        ...any,
        family,
        hooks: beforeRouting,
        protocols: [protocol],
        destinations: hostAddress === null ? null : [hostAddress],
        in: link === null ? null : [link, ''],
      },
      ports: new Set<number>(),
    }
    group.ports.add(hostPort)
    groups.set(name, group)
  }
  return [...groups.values()].map(({ box, ports }) => ({ ...box, ports: [...ports] }))
}

const ofNetwork = (desired: DesiredState, network: DesiredNetwork, family: Family): readonly PacketBox[] => {
  const own = network[family]
  if (own === null) return []
  // On an external network, only the project's own addresses count.
  const members = network.external ? [...ownAddresses(desired, network, family)] : [own.subnet]
  if (members.length === 0) return []
  // In these modes, other machines send to the containers' own addresses. In other modes, only this host does.
  const isDirect = own.mode === 'routed' || own.mode === 'nat-unprotected'
  return [
    { ...any, family, hooks: isDirect ? beforeRouting : ['output'], destinations: members },
    { ...any, family, hooks: afterRouting, destinations: members, out: [network.bridge] },
    { ...any, family, sources: members, in: [network.bridge] },
    // In postrouting, only the source of a packet to other machines still shows that it is the project's.
    { ...any, family, hooks: ['postrouting'], sources: members },
  ]
}
