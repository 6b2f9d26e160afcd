import { type Family, prefixAround } from '../../address/index.ts'
import type { RangeSet } from '../../address/range-set.ts'
import { prefixRange } from '../learn/learn-route.ts'
import { type Host, isBridge } from '../packet/host.ts'
import type { Link } from '../route/link.ts'

/** The networks of an interface: the machines there are its neighbours. */
export const networksOn = ({ addresses }: Link, family: Family): readonly RangeSet[] =>
  addresses.flatMap(({ address, length }) =>
    address.family === family ? [prefixRange(prefixAround(address, length))] : [],
  )

/** Kinds of ports that a container engine or hypervisor adds to a bridge: no other machine is behind them. */
const ofThisHost: ReadonlySet<string> = new Set(['veth', 'tun'])

/** Whether all neighbours behind an interface are containers or guests of this host. */
export const isAllOfThisHost = (host: Host, family: Family, link: Link): boolean =>
  isBridge(host, link) &&
  host.ports.get(link.name)?.some(({ kind }) => !ofThisHost.has(kind ?? '')) !== true &&
  !isLine(host, family, link)

/**
 * Whether a default route, or half of one, leads to a router behind the bridge, in any table. The bridge is then an
 * uplink, whatever its ports are.
 */
const isLine = ({ routers }: Host, family: Family, { name }: Link): boolean => {
  for (const { buckets } of routers[family].tables.values())
    for (const length of [0, 1])
      for (const routes of buckets[length]?.values() ?? [])
        if (routes.some(({ link, gateway }) => gateway !== null && link?.name === name)) return true
  return false
}
