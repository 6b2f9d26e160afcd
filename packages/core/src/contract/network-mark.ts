import type { BridgeMark } from './bridge-alias.ts'
import type { DesiredNetwork } from './desired-state.ts'

/**
 * The mark that a network's bridge carries. `masquerade` is false if a family that could be masqueraded is not.
 * Internal networks and routed families have no masquerading, so they do not count.
 * @example
 * bridgeAlias(networkMark('shop', network)) // 'portolan project=shop network=web'
 * @public @since 0.1.0
 */
export const networkMark = (project: string, network: DesiredNetwork): BridgeMark => ({
  project,
  network: network.name,
  icc: network.icc,
  ...(network.linked === true ? { linked: true } : {}),
  internal: network.internal,
  masquerade:
    network.internal ||
    [network.ip, network.ip6].every(
      (subnet) => subnet === null || subnet.mode === 'routed' || subnet.masquerade,
    ),
  mode: { ip: network.ip?.mode ?? 'nat', ip6: network.ip6?.mode ?? 'nat' },
  ...isolatedIn(network),
  ...(network.asked === undefined ? {} : { asked: network.asked }),
})

const isolatedIn = ({ ip, ip6 }: DesiredNetwork): Pick<BridgeMark, 'isolated'> => {
  const isolated = {
    ...(ip?.mode === 'isolated' ? { ip: ip.subnet } : {}),
    ...(ip6?.mode === 'isolated' ? { ip6: ip6.subnet } : {}),
  }
  return Object.keys(isolated).length === 0 ? {} : { isolated }
}
