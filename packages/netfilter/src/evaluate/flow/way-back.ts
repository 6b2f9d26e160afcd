import { type Family, prefixAround } from '../../address/index.ts'
import { hasValue } from '../../address/range-set.ts'
import { learn, ofAnyNetwork } from '../learn/learn.ts'
import { prefixRange } from '../learn/learn-route.ts'
import { membership } from '../learn/learner.ts'
import { type Host, isBridge } from '../packet/host.ts'
import type { World } from '../packet/world.ts'
import type { Link } from '../route/link.ts'
import { MAIN_TABLE } from '../route/routing-rule.ts'

/** What an engine or a hypervisor plugs in: no other machine is behind it. */
const ofThisHost: ReadonlySet<string> = new Set(['veth', 'tun'])

/** What may stand above a bridge, whose neighbours it reaches as well. */
const aboveBridges: ReadonlySet<string> = new Set(['macvlan', 'ipvlan', 'vrf'])

/** Does a default route lead to a router behind it? Then it is a line of the host, whatever its ports are. */
const isLine = ({ routers }: Host, family: Family, { name }: Link): boolean => {
  const routes = routers[family].tables.get(MAIN_TABLE)?.buckets[0]?.get(family === 'ip' ? 0 : 0n) ?? []
  return routes.some(({ link, gateway }) => gateway !== null && link?.name === name)
}

/**
 * The bridge that the sender is behind and an answer does not leave by: a container is reached by no other way. A
 * machine may be, by other routers.
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
