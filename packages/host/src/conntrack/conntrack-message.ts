import { eachAttribute, type MessageView, NLA_F_NESTED } from '@portolan/core/netlink'
import type { Family } from '@portolan/netfilter'
import { addressFamily } from '../address/address-bytes.ts'
import { addressText } from '../address/address-text.ts'
import { attribute, concatenate, copyBytes } from '../netlink/attribute.ts'
import { AF_INET, AF_INET6 } from '../netlink/constants.ts'

/**
 * Message types. include/uapi/linux/netfilter/nfnetlink.h: subsystem 1 in the high byte, IPCTNL_MSG_CT_* in the low
 * one.
 */
export const CONNTRACK_GET = 0x101
export const CONNTRACK_DELETE = 0x102

/** include/uapi/linux/netfilter/nfnetlink_conntrack.h */
const CTA_TUPLE_ORIG = 1
const CTA_TUPLE_REPLY = 2
const CTA_STATUS = 3
const CTA_PROTOINFO = 4
const CTA_COUNTERS_ORIG = 9
const CTA_COUNTERS_REPLY = 10
const CTA_ID = 12
const CTA_ZONE = 18
const CTA_TUPLE_IP = 1
const CTA_TUPLE_PROTO = 2
const CTA_PROTO_NUM = 1
const CTA_PROTO_SRC_PORT = 2
const CTA_PROTO_DST_PORT = 3
const CTA_COUNTERS_PACKETS = 1
const CTA_COUNTERS_BYTES = 2
const CTA_PROTOINFO_TCP = 1
const CTA_PROTOINFO_SCTP = 3
const CTA_PROTOINFO_STATE = 1

/** enum tcp_conntrack: TIME_WAIT and CLOSE keep the entry of a connection that has ended. */
const TCP_ENDED: readonly number[] = [7, 8]
/** enum sctp_conntrack: CLOSED. */
const SCTP_ENDED = 1

/** enum ip_conntrack_status: the destination was translated. */
const IPS_DST_NAT = 1 << 5

/** One direction of a flow. Ports are 0 where the protocol has none. */
export interface ConntrackTuple {
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
}

/** A conntrack entry, with the attributes that identify it to the kernel. */
export interface ConntrackEntry {
  readonly family: Family
  readonly original: ConntrackTuple
  readonly reply: ConntrackTuple
  readonly destinationTranslated: boolean
  /** The connection has ended, and its entry stays for a while. UDP has no end but that of its entry. */
  readonly ended: boolean
  /** Packets and bytes of both directions; null: conntrack accounting was off when the flow began. */
  readonly counted: { readonly packets: number; readonly bytes: number } | null
  /** The id of this entry while it exists. A later entry may have the same id. */
  readonly id: number
  /** Payload of a CONNTRACK_DELETE for this very entry: its tuple, zone and id, as the kernel wrote them. */
  readonly deletion: Uint8Array
}

const AF_UNSPEC = 0

/** struct nfgenmsg: family, version 0, resource 0. Family null asks for the entries of all families. */
export const conntrackHeader = (family: Family | null): Uint8Array =>
  Uint8Array.of(family === null ? AF_UNSPEC : addressFamily(family), 0, 0, 0)

/** Reads one message of a conntrack dump; null for a family that is not IP or an entry without both tuples. */
export const parseConntrack = ({ view, start, end }: MessageView): ConntrackEntry | null => {
  const number = view.getUint8(start)
  if (number !== AF_INET && number !== AF_INET6) return null
  const family = number === AF_INET ? 'ip' : 'ip6'
  const naming: Uint8Array[] = [conntrackHeader(family)]
  let original: ConntrackTuple | null = null
  let reply: ConntrackTuple | null = null
  let status = 0
  let ended = false
  let id = 0
  let counted: { packets: number; bytes: number } | null = null
  eachAttribute(view, start + 4, end, (type, from, to) => {
    if (type === CTA_TUPLE_ORIG) original = parseTuple(view, from, to)
    else if (type === CTA_TUPLE_REPLY) reply = parseTuple(view, from, to)
    // Numbers of nfnetlink are in network order, unlike those of rtnetlink.
    else if (type === CTA_STATUS) status = view.getUint32(from)
    else if (type === CTA_PROTOINFO) ended = hasEnded(view, from, to)
    else if (type === CTA_COUNTERS_ORIG || type === CTA_COUNTERS_REPLY) {
      counted ??= { packets: 0, bytes: 0 }
      addCounters(counted, view, from, to)
    }
    if (type === CTA_ID) id = view.getUint32(from)
    if (type === CTA_TUPLE_ORIG) naming.push(attribute(type | NLA_F_NESTED, copyBytes(view, from, to)))
    else if (type === CTA_ID || type === CTA_ZONE) naming.push(attribute(type, copyBytes(view, from, to)))
  })
  if (original === null || reply === null) return null
  return {
    family,
    original,
    reply,
    destinationTranslated: (status & IPS_DST_NAT) !== 0,
    ended,
    counted,
    id,
    deletion: concatenate(naming),
  }
}

const parseTuple = (view: DataView, start: number, end: number): ConntrackTuple => {
  const tuple = { source: '', destination: '', protocol: 0, sourcePort: 0, destinationPort: 0 }
  eachAttribute(view, start, end, (part, from, to) => {
    if (part === CTA_TUPLE_IP)
      eachAttribute(view, from, to, (type, at, until) => {
        // CTA_IP_V4_SRC 1, V4_DST 2, V6_SRC 3, V6_DST 4: the odd ones are sources.
        tuple[type % 2 === 1 ? 'source' : 'destination'] = addressText(view, at, until - at)
      })
    else if (part === CTA_TUPLE_PROTO)
      eachAttribute(view, from, to, (type, at) => {
        if (type === CTA_PROTO_NUM) tuple.protocol = view.getUint8(at)
        else if (type === CTA_PROTO_SRC_PORT) tuple.sourcePort = view.getUint16(at)
        else if (type === CTA_PROTO_DST_PORT) tuple.destinationPort = view.getUint16(at)
      })
  })
  return tuple
}

const hasEnded = (view: DataView, start: number, end: number): boolean => {
  let ended = false
  eachAttribute(view, start, end, (type, from, to) => {
    if (type !== CTA_PROTOINFO_TCP && type !== CTA_PROTOINFO_SCTP) return
    eachAttribute(view, from, to, (part, at) => {
      if (part !== CTA_PROTOINFO_STATE) return
      const state = view.getUint8(at)
      ended = type === CTA_PROTOINFO_TCP ? TCP_ENDED.includes(state) : state === SCTP_ENDED
    })
  })
  return ended
}

/**
 * Adds the counters of one direction. They are 64-bit numbers in network order; beyond 2^53 the last digits are lost.
 */
const addCounters = (
  counted: { packets: number; bytes: number },
  view: DataView,
  start: number,
  end: number,
): void =>
  eachAttribute(view, start, end, (type, at) => {
    if (type === CTA_COUNTERS_PACKETS) counted.packets += Number(view.getBigUint64(at))
    else if (type === CTA_COUNTERS_BYTES) counted.bytes += Number(view.getBigUint64(at))
  })
