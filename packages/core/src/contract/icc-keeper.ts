import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import { parseEndpointAlias } from './endpoint-alias.ts'

/**
 * What keeps the containers of one bridge apart whose `icc` is off.
 * - `hooks`: packets inside the bridge cross the IP hooks (br_netfilter), where rules drop them. Holds from the first
 *   frame of whatever port is plugged in, but br_netfilter hands over IP alone: VLAN-tagged frames and other
 *   ethertypes pass.
 * - `isolation`: the ports are isolated (IFLA_BRPORT_ISOLATED), and nothing at all passes between them.
 *
 * Both together cannot be had. What a container sends to a published port of its own bridge is switched back by
 * br_netfilter (`br_nf_pre_routing_finish`, net/bridge/br_netfilter_hooks.c), and an isolated port refuses it.
 * @public @since 0.1.0
 */
export type IccKeeper = 'hooks' | 'isolation'

const calls = ['net.bridge.bridge-nf-call-iptables', 'net.bridge.bridge-nf-call-ip6tables'] as const

/**
 * Whether br_netfilter is there: its sysctls are.
 * @internal
 */
export const hasBridgeNetfilter = ({ sysctls }: HostFacts): boolean => sysctls?.[calls[0]] !== undefined

/**
 * Whether packets inside every bridge cross the IP hooks, which no bridge can be exempted from.
 * @internal
 */
export const bridgesCallHooks = ({ sysctls }: HostFacts): boolean =>
  calls.some((name) => sysctls?.[name] === '1')

/**
 * How `icc: off` of a bridge is to be held. Isolation needs every port to be isolated when it comes, as `attachPort`
 * does it: beside a port that something else plugged in, the hooks are what holds at once. A port that `attach` plugged
 * in tells so by its alias, and a plan isolates it again. Where some containers are to reach others, the hooks alone can
 * tell them apart. Without br_netfilter there are none, and nothing passes.
 *
 * @param linked - as a network has it
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

/** A kernel that cannot isolate a port tells nothing of its isolation. */
const isIsolable = ({ isolated, alias }: InterfaceFact): boolean =>
  isolated === true || (isolated !== undefined && parseEndpointAlias(alias) !== null)
