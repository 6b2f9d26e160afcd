import type { Family } from '@portolan/netfilter'
import { type Host, isBridge, type Link } from '@portolan/netfilter/analysis'

/**
 * The interfaces of default routes, or of halves of one (VPNs). If there are none, all interfaces with an address
 * except bridges; if there are only bridges, these.
 */
export const uplinkNames = (host: Host, family: Family, links: readonly Link[]): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const { buckets } of host.routers[family].tables.values())
    for (const length of [0, 1])
      for (const routes of buckets[length]?.values() ?? [])
        for (const { type, link } of routes)
          if (type === 'unicast' && link !== null && links.includes(link)) names.add(link.name)
  if (names.size > 0) return names
  const wired = links.filter((link) => !isBridge(host, link) && hasAddress(link, family))
  return new Set(
    (wired.length > 0 ? wired : links.filter((link) => hasAddress(link, family))).map(({ name }) => name),
  )
}

const hasAddress = ({ addresses }: Link, family: Family): boolean =>
  addresses.some(({ address }) => address.family === family)
