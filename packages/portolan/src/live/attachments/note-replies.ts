import type { InsideChange, InsideState } from '@portolan/host'
import { type Family, families, formatAddress, parseInterfaceAddress } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import type { Attachment } from './attachment.ts'

/** A namespace whose interface is complete. */
export interface Completed {
  /** The state before the missing parts were added. */
  readonly state: InsideState
  /** The parts that were added; null: nothing was missing. */
  readonly change: InsideChange | null
  /** The other interfaces there that are on the same network. */
  readonly beside: readonly string[]
}

/**
 * Notes on addresses in a namespace that published ports lead to, when another network gives the default route there.
 * The namespace sends replies by its own routes. A UDP socket bound to no address takes its source from the route. The
 * reply then has the other network's address, and the host does not recognize it as a reply.
 */
export const noteReplies = (
  rules: LiveRules,
  { wanted }: Pick<LiveMachine, 'wanted'>,
  attachment: Attachment,
  { state, change, beside }: Completed,
): readonly string[] => {
  const onNetwork = (name: string): boolean => name === attachment.interface || beside.includes(name)
  const published = new Set(
    [...rules.others(), ...wanted.ports()].flatMap(({ targets }) => targets.map(({ address }) => address)),
  )
  const inside = [
    ...attachment.addresses.map(({ text }) => ({ name: attachment.interface, text })),
    ...state.otherWays.flatMap(({ kind, interface: name, text }) =>
      kind === 'address' && name !== null ? [{ name, text }] : [],
    ),
  ]
  return families.flatMap((family) => {
    const way = defaultWay(family, attachment, state, change)
    return inside.flatMap(({ name, text }) => {
      const { address } = parseInterfaceAddress(text)
      const shown = formatAddress(address)
      if (address.family !== family || !published.has(shown) || way === name) return []
      if (way !== null && onNetwork(name) && onNetwork(way))
        return [
          `Published ports lead to ${shown} on ${name}, and packets leave by ${way}, which is on the same network: clients get no answer over UDP from a program that listens on all addresses. Let it listen on ${shown}.`,
        ]
      return [
        way === null
          ? `Published ports lead to ${shown} on ${name}, and nothing gives a default route there: other machines get no answer, unless they are in the subnet of ${name}.`
          : `Published ports lead to ${shown} on ${name}, and ${way} gives the default route there: clients get no answer over UDP from a program that listens on all addresses, and the process does not reach its own ports by way of the host. Give ${name} the lowest metric: attach the network of ${way} again with a higher one (metric, --metric).`,
      ]
    })
  })
}

/** The interface of the default route that the kernel uses; null: there is none. */
const defaultWay = (
  family: Family,
  { interface: inside }: Attachment,
  { defaultRoutes }: InsideState,
  change: InsideChange | null,
): string | null => {
  const isFormer = (route: InsideState['defaultRoutes'][number]): boolean =>
    route.interface === inside &&
    change?.formerRoutes.some(
      ({ gateway, metric }) => gateway === route.gateway && metric === route.metric,
    ) === true
  const added = (change?.defaultRoutes ?? []).filter(
    ({ gateway }) => gateway.includes(':') === (family === 'ip6'),
  )
  const [first] = [
    ...defaultRoutes.filter((route) => route.family === family && !isFormer(route)),
    ...added.map(({ metric }) => ({ interface: inside, metric })),
  ].sort((one, other) => one.metric - other.metric)
  return first?.interface ?? null
}
