import { eachAttribute, littleEndian, type MessageView, readText } from '@portolan/core/netlink'
import type { InterfaceFact, PeerFact } from '@portolan/netfilter'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { dump } from '../netlink/request.ts'
import {
  IFF_UP,
  IFLA_ADDRESS,
  IFLA_BR_NF_CALL_IP6TABLES,
  IFLA_BR_NF_CALL_IPTABLES,
  IFLA_BRPORT_ISOLATED,
  IFLA_BRPORT_MODE,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_INFO_SLAVE_DATA,
  IFLA_INFO_SLAVE_KIND,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_PROTINFO,
  RTM_GETLINK,
} from '../netlink/rtnetlink.ts'
import { type LinkSysctls, linkSysctlsIn } from './link-sysctls.ts'

/** An interface as the kernel lists it, with the index of its master instead of the name. */
export interface LinkRecord {
  name: string
  index: number
  up: boolean
  kind: string
  masterIndex: number | null
  mtu?: number
  mac?: string
  alias: string
  hairpin?: boolean
  isolated?: boolean
  nfCallIptables?: boolean
  nfCallIp6tables?: boolean
}

/** The kinds of links without IFLA_INFO_KIND, by the hardware types of include/uapi/linux/if_arp.h. */
const hardwareKinds: Readonly<Record<number, string>> = {
  1: 'ether',
  32: 'infiniband',
  512: 'ppp',
  768: 'tunnel',
  769: 'tunnel6',
  772: 'loopback',
  776: 'sit',
  778: 'gre',
  801: 'ieee80211',
  65534: 'none',
}

/**
 * Lists every link of this network namespace.
 *
 * @returns the links by index, their sysctls by name, and whether the list stayed the same while it was read
 */
export const readLinks = async (
  connection: NetlinkConnection,
): Promise<{
  links: ReadonlyMap<number, LinkRecord>
  sysctls: ReadonlyMap<string, LinkSysctls>
  consistent: boolean
}> => {
  const links = new Map<number, LinkRecord>()
  const sysctls = new Map<string, LinkSysctls>()
  const consistent = await dump(connection, RTM_GETLINK, new Uint8Array(16), (part) => {
    const link = parseLink(part)
    links.set(link.index, link)
    sysctls.set(link.name, linkSysctlsIn(part))
  })
  return { links, sysctls, consistent }
}

/** Reads one RTM_NEWLINK: struct ifinfomsg and its attributes. */
export const parseLink = ({ view, start, end }: MessageView): LinkRecord => {
  const hardware = view.getUint16(start + 2, littleEndian)
  const link: LinkRecord = {
    name: '',
    index: view.getInt32(start + 4, littleEndian),
    up: (view.getUint32(start + 8, littleEndian) & IFF_UP) !== 0,
    kind: hardwareKinds[hardware] ?? `hardware-${hardware}`,
    masterIndex: null,
    alias: '',
  }
  eachAttribute(view, start + 16, end, (type, from, to) => {
    if (type === IFLA_IFNAME) link.name = readText(view, from, to)
    else if (type === IFLA_IFALIAS) link.alias = readText(view, from, to)
    else if (type === IFLA_MTU) link.mtu = view.getUint32(from, littleEndian)
    else if (type === IFLA_MASTER) link.masterIndex = view.getUint32(from, littleEndian)
    else if (type === IFLA_ADDRESS && to - from === 6) link.mac = macText(view, from)
    else if (type === IFLA_LINKINFO) parseLinkInfo(view, from, to, link)
  })
  return link
}

const parseLinkInfo = (view: DataView, start: number, end: number, link: LinkRecord): void => {
  const data = { start: 0, end: 0 }
  const port = { start: 0, end: 0, kind: '' }
  eachAttribute(view, start, end, (type, from, to) => {
    if (type === IFLA_INFO_KIND) link.kind = readText(view, from, to)
    else if (type === IFLA_INFO_DATA) Object.assign(data, { start: from, end: to })
    else if (type === IFLA_INFO_SLAVE_KIND) port.kind = readText(view, from, to)
    else if (type === IFLA_INFO_SLAVE_DATA) Object.assign(port, { start: from, end: to })
  })
  // The attribute numbers inside mean something else for every other kind.
  if (link.kind === 'bridge')
    eachAttribute(view, data.start, data.end, (type, from) => {
      if (type === IFLA_BR_NF_CALL_IPTABLES) link.nfCallIptables = view.getUint8(from) !== 0
      else if (type === IFLA_BR_NF_CALL_IP6TABLES) link.nfCallIp6tables = view.getUint8(from) !== 0
    })
  if (port.kind === 'bridge') parsePort(view, port.start, port.end, link)
}

const parsePort = (view: DataView, start: number, end: number, link: LinkRecord): void =>
  eachAttribute(view, start, end, (type, from) => {
    if (type === IFLA_BRPORT_MODE) link.hairpin = view.getUint8(from) !== 0
    else if (type === IFLA_BRPORT_ISOLATED) link.isolated = view.getUint8(from) !== 0
  })

/** Reads the state of a port from an RTM_NEWLINK of AF_BRIDGE, whose IFLA_PROTINFO has the port's own attributes. */
export const parsePortChange = ({ view, start, end }: MessageView, before: LinkRecord): LinkRecord => {
  const link = { ...before }
  eachAttribute(view, start + 16, end, (type, from, to) => {
    if (type === IFLA_PROTINFO) parsePort(view, from, to, link)
  })
  return link
}

const macText = (view: DataView, start: number): string => {
  const parts: string[] = []
  for (let index = 0; index < 6; index += 1)
    parts.push(
      view
        .getUint8(start + index)
        .toString(16)
        .padStart(2, '0'),
    )
  return parts.join(':')
}

/** The facts of links, with the names of their masters and their addresses. */
export const interfaceFacts = (
  links: ReadonlyMap<number, LinkRecord>,
  addresses: ReadonlyMap<number, readonly string[]>,
  peers: ReadonlyMap<number, readonly PeerFact[]> = new Map(),
  autoconfigured: ReadonlySet<number> = new Set(),
): readonly InterfaceFact[] =>
  [...links.values()].map((link) =>
    interfaceFact(
      link,
      links,
      addresses.get(link.index) ?? [],
      autoconfigured.has(link.index),
      peers.get(link.index),
    ),
  )

/** The facts of one link. */
export const interfaceFact = (
  { masterIndex, ...link }: LinkRecord,
  links: ReadonlyMap<number, LinkRecord>,
  addresses: readonly string[],
  autoconfigured: boolean,
  peers: readonly PeerFact[] = [],
): InterfaceFact => ({
  ...link,
  master: masterIndex === null ? null : (links.get(masterIndex)?.name ?? null),
  addresses,
  ...(peers.length === 0 ? {} : { peers }),
  ...(autoconfigured ? { autoconfigured: true } : {}),
})
