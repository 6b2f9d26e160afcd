import { bridgeName, type DesiredNetwork, type DesiredSubnet } from '../contract/index.ts'
import type { NetworkIntent } from '../intent/index.ts'
import type { SubnetPlan } from '../pool/index.ts'

/**
 * Makes the desired network from an intent and its planned subnets.
 * @param isLive - a program holds it, and no file says what it should be
 */
export const settleNetwork = (
  project: string,
  network: NetworkIntent,
  subnets: readonly SubnetPlan[],
  isLive: boolean,
): DesiredNetwork => {
  const settle = (family: 'ip' | 'ip6', wanted: NetworkIntent['ip']): DesiredSubnet | null => {
    const planned = subnets.find((one) => one.network === network.name && one.family === family)
    if (wanted === null || planned === undefined) return null
    return {
      subnet: planned.subnet,
      gateway: wanted.mode === 'isolated' ? null : planned.gateway,
      mode: wanted.mode,
      masquerade: network.masquerade && wanted.mode !== 'routed' && !network.internal,
    }
  }
  return {
    name: network.name,
    bridge: network.bridge ?? bridgeName(project, network.name),
    external: false,
    internal: network.internal,
    icc: network.icc,
    ...(isLive ? askedOf(network) : {}),
    mtu: network.mtu,
    ip: settle('ip', network.ip),
    ip6: settle('ip6', network.ip6),
  }
}

const askedOf = ({ hostBinding, reachableFrom = [] }: NetworkIntent): Pick<DesiredNetwork, 'asked'> => {
  const sources = reachableFrom.flatMap(({ from }) => (from.kind === 'service' ? [] : [from]))
  const asked = {
    ...(hostBinding === null ? {} : { hostBinding }),
    ...(sources.length === 0 ? {} : { reachableFrom: sources }),
  }
  return Object.keys(asked).length === 0 ? {} : { asked }
}
