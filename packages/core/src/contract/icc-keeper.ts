import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import { parseEndpointAlias } from './endpoint-alias.ts'

/**
 * The mechanism that separates the containers of a bridge with `icc: off`.
 * - `hooks`: packets inside the bridge cross the IP hooks (br_netfilter), where rules drop them. This holds from the
 *   first frame of any new port. But br_netfilter passes on only IP: VLAN-tagged frames and other ethertypes pass.
 * - `isolation`: the ports are isolated (IFLA_BRPORT_ISOLATED), and nothing passes between them.
 *
 * The two cannot be combined. A packet from a container to a published port of its own bridge is switched back by
 * br_netfilter (`br_nf_pre_routing_finish`, net/bridge/br_netfilter_hooks.c), and an isolated port refuses it.
 * @public @since 0.1.0
 */
export type IccKeeper = 'hooks' | 'isolation'

const calls = ['net.bridge.bridge-nf-call-iptables', 'net.bridge.bridge-nf-call-ip6tables'] as const

/**
 * Whether br_netfilter is loaded: its sysctls exist.
 * @internal
 */
export const hasBridgeNetfilter = ({ sysctls }: HostFacts): boolean => sysctls?.[calls[0]] !== undefined

/**
 * Whether packets inside bridges cross the IP hooks. The switch covers every bridge and has no exemptions.
 * @internal
 */
export const bridgesCallHooks = ({ sysctls }: HostFacts): boolean =>
  calls.some((name) => sysctls?.[name] === '1')

/**
 * Chooses the mechanism for `icc: off` of a bridge. Isolation needs every port to be isolated as soon as it is plugged
 * in, as `attachPort` does. If another program plugged in a port, only the hooks hold at once. The alias identifies a
 * port that `attach` plugged in, and a plan isolates it again. If some containers may reach others, only the hooks can
 * tell them apart. Without br_netfilter there are no such hooks, and no container reaches another.
 *
 * @param linked - `linked` of the network
 * @example
 * iccKeeper('ptl-web', { sysctls: {} }) // 'isolation': br_netfilter is not loaded
 * @public @since 0.1.0
 */
export const iccKeeper = (bridge: string, facts: HostFacts, linked = false): IccKeeper => {
  if (!hasBridgeNetfilter(facts)) return 'isolation'
  if (linked || bridgesCallHooks(facts)) return 'hooks'
  const ports = (facts.interfaces ?? []).filter(({ master }) => master === bridge)
  return ports.length > 0 && ports.every(isIsolable) ? 'isolation' : 'hooks'
}

/**
 * Whether a port is isolated, or can be because `attach` plugged it in. A kernel that cannot isolate ports reports no
 * `isolated`.
 */
const isIsolable = ({ isolated, alias }: InterfaceFact): boolean =>
  isolated === true || (isolated !== undefined && parseEndpointAlias(alias) !== null)
