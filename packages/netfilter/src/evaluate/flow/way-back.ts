import { type Family, prefixAround } from '../../address/index.ts'
import { hasValue } from '../../address/range-set.ts'
import { learn, ofAnyNetwork } from '../learn/learn.ts'
import { prefixRange } from '../learn/learn-route.ts'
import { membership } from '../learn/learner.ts'
import { type Host, isBridge } from '../packet/host.ts'
import type { World } from '../packet/world.ts'
import type { Link } from '../route/link.ts'
import { MAIN_TABLE } from '../route/routing-rule.ts'

/** Kinds of ports that a container engine or hypervisor adds to a bridge: no other machine is behind them. */
const ofThisHost: ReadonlySet<string> = new Set(['veth', 'tun'])

/** Kinds of interfaces that may stand above a bridge, and reach its neighbours as well. */
const aboveBridges: ReadonlySet<string> = new Set(['macvlan', 'ipvlan', 'vrf'])

/**
 * Whether a default route leads to a router behind the bridge. The bridge is then an uplink, whatever its ports are.
 */
const isLine = ({ routers }: Host, family: Family, { name }: Link): boolean => {
  const routes = routers[family].tables.get(MAIN_TABLE)?.buckets[0]?.get(family === 'ip' ? 0 : 0n) ?? []
  return routes.some(({ link, gateway }) => gateway !== null && link?.name === name)
}

/**
 * The bridge that the sender is behind, when the answer leaves by another interface. A container is reached only
 * through its bridge. Another machine may be reached through other routers.
 *
 * @param began - how the first packet of the flow began
 * @param answer - the answer, as it leaves
 * @returns null where the answer may come to the sender
 */
export const missedBridge = (host: Host, began: World, answer: World): Link | null => {
  const { in: from, family, saddr } = began
  if (from === null || answer.out === from || !isBridge(host, from)) return null
  if (host.ports.get(from.name)?.some(({ kind }) => !ofThisHost.has(kind ?? '')) === true) return null
  if (isLine(host, family, from)) return null
  if (aboveBridges.has(answer.out?.kind ?? '') && (answer.route?.gateway ?? null) === null) return null
  let isNeighbour = false
  const field = began.origins.saddr
  for (const { address, length } of from.addresses) {
    if (address.family !== family) continue
    const set = prefixRange(prefixAround(address, length))
    isNeighbour ||= hasValue(set, saddr)
    if (field !== null && answer.learner !== null)
      learn(answer, ofAnyNetwork(answer, [membership(field, set, saddr)]))
  }
  return isNeighbour ? from : null
}
