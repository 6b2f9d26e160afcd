import { eachAttribute, littleEndian, type MessageView } from '@portolan/core/netlink'
import type { PeerFact, RouteFact } from '@portolan/netfilter'
import { parseInterfaceAddress } from '../facts/read-addresses.ts'
import { interfaceFact, type LinkRecord, parseLink, parsePortChange } from '../facts/read-links.ts'
import { parseRoute } from '../facts/read-routes.ts'
import { parseRule } from '../facts/read-rules.ts'
import { AF_BRIDGE, AF_INET, AF_INET6, AF_UNSPEC } from '../netlink/constants.ts'
import {
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELNEXTHOP,
  RTM_DELROUTE,
  RTM_DELRULE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWNETCONF,
  RTM_NEWNEXTHOP,
  RTM_NEWROUTE,
  RTM_NEWRULE,
} from '../netlink/rtnetlink.ts'
import type { Notice } from './notice.ts'
import { sysctlNotices } from './sysctl-notices.ts'

/** Turns messages of rtnetlink into notices. It keeps the links and addresses from earlier messages. */
export interface NetworkReader {
  /** @returns nothing for a message that changes no fact: the kernel sends many of those about links and addresses */
  take(message: MessageView): readonly Notice[]
}

/** What is known of an address besides its text. */
interface KnownAddress {
  readonly fromRouter: boolean
  readonly peer: PeerFact | null
}

/**
 * Opens a reader. The kernel's lists of links and addresses have to come first: later messages name a link by its
 * number.
 */
export const openNetworkReader = (): NetworkReader => {
  const links = new Map<number, LinkRecord>()
  /** The addresses of each link, by its index. */
  const addresses = new Map<number, Map<string, KnownAddress>>()
  const name = (index: number): string | null => links.get(index)?.name ?? null

  const linkNotice = (action: 'new' | 'changed' | 'removed', link: LinkRecord): readonly Notice[] => {
    const own = addresses.get(link.index) ?? new Map<string, KnownAddress>()
    const known = [...own.values()]
    const peers = known.flatMap(({ peer }) => peer ?? [])
    const isAutoconfigured = known.some(({ fromRouter }) => fromRouter)
    const fact = interfaceFact(link, links, [...own.keys()], isAutoconfigured, peers)
    return [{ kind: 'link', action, link: fact }]
  }

  const takeLink = (message: MessageView): readonly Notice[] => {
    const family = message.view.getUint8(message.start)
    if (family !== AF_UNSPEC && family !== AF_BRIDGE) return []
    const told = parseLink(message)
    const before = links.get(told.index)
    // A bridge's message about its port lacks the other attributes. No other message tells what `bridge link set` or
    // /sys changed (net/bridge/br_netlink.c, `br_fill_ifinfo`).
    if (family === AF_BRIDGE && (before === undefined || before.masterIndex === null)) return []
    const link = family === AF_BRIDGE && before !== undefined ? parsePortChange(message, before) : told
    links.set(link.index, link)
    if (before === undefined) return linkNotice('new', link)
    return isSame(before, link) ? [] : linkNotice('changed', link)
  }

  const takeGoneLink = (message: MessageView): readonly Notice[] => {
    // With AF_BRIDGE the message says that a port has left its bridge. The RTM_NEWLINK that follows says so too.
    if (message.view.getUint8(message.start) !== AF_UNSPEC) return []
    const told = parseLink(message)
    const notices = linkNotice('removed', links.get(told.index) ?? told)
    links.delete(told.index)
    addresses.delete(told.index)
    return notices
  }

  const takeAddress = (message: MessageView, isNew: boolean): readonly Notice[] => {
    const address = parseInterfaceAddress(message)
    if (address === null) return []
    const { index, text, fromRouter, peer } = address
    const own = addresses.get(index) ?? new Map<string, KnownAddress>()
    // The kernel sends an address again with every change of its lifetime, thus with each router advertisement.
    if (own.has(text) === isNew) return []
    if (isNew) own.set(text, { fromRouter, peer })
    else own.delete(text)
    addresses.set(index, own)
    return [{ kind: 'address', action: isNew ? 'new' : 'removed', interface: name(index), address: text }]
  }

  const takeRoute = (message: MessageView, action: 'new' | 'removed'): readonly Notice[] => {
    if (!isInternet(message)) return []
    const routes: RouteFact[] = []
    parseRoute(message, name, routes)
    return routes.map((route) => ({ kind: 'route', action, route }))
  }

  const takeRule = (message: MessageView, action: 'new' | 'removed'): readonly Notice[] =>
    isInternet(message) ? [{ kind: 'rule', action, rule: parseRule(message) }] : []

  const readers: Readonly<Record<number, (message: MessageView) => readonly Notice[]>> = {
    [RTM_NEWLINK]: takeLink,
    [RTM_DELLINK]: takeGoneLink,
    [RTM_NEWADDR]: (message) => takeAddress(message, true),
    [RTM_DELADDR]: (message) => takeAddress(message, false),
    [RTM_NEWROUTE]: (message) => takeRoute(message, 'new'),
    [RTM_DELROUTE]: (message) => takeRoute(message, 'removed'),
    [RTM_NEWRULE]: (message) => takeRule(message, 'new'),
    [RTM_DELRULE]: (message) => takeRule(message, 'removed'),
    [RTM_NEWNEXTHOP]: (message) => [{ kind: 'nexthop', action: 'new', id: nexthopId(message) }],
    [RTM_DELNEXTHOP]: (message) => [{ kind: 'nexthop', action: 'removed', id: nexthopId(message) }],
    [RTM_NEWNETCONF]: (message) => sysctlNotices(message, name),
  }
  return { take: (message) => readers[message.type]?.(message) ?? [] }
}

/** include/uapi/linux/nexthop.h: struct nhmsg, NHA_ID. */
const NHMSG_LENGTH = 8
const NHA_ID = 1

const nexthopId = ({ view, start, end }: MessageView): number => {
  let id = 0
  eachAttribute(view, start + NHMSG_LENGTH, end, (type, from) => {
    if (type === NHA_ID) id = view.getUint32(from, littleEndian)
  })
  return id
}

const isInternet = ({ view, start }: MessageView): boolean => {
  const family = view.getUint8(start)
  return family === AF_INET || family === AF_INET6
}

const isSame = (one: LinkRecord, other: LinkRecord): boolean => {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)] as (keyof LinkRecord)[])
  return [...keys].every((key) => one[key] === other[key])
}
