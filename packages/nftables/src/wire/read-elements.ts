import type { NetlinkSocket } from '@portolan/core'
import {
  ByteWriter,
  doneNumber,
  eachAttribute,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  readMessage,
} from '@portolan/core/netlink'
import { tableName } from '../compile/ours.ts'
import type { Element, NamedSet } from '../model/index.ts'
import {
  NFGENMSG_LENGTH,
  NFNL_SUBSYS_NFTABLES,
  NFPROTO_INET,
  NFT_MSG_GETSETELEM,
  NFT_MSG_NEWSETELEM,
  NFTA_LIST_ELEM,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_ELEM_LIST_TABLE,
} from './constants.ts'
import { joinIntervals } from './interval.ts'
import { writeHead, writeName } from './message-parts.ts'
import { elementReader, type RawElement, type ReadElement } from './read-element.ts'

/** Apart from those of `applyLive` and `generation`. */
const FIRST_SEQUENCE = 0x40000000
let asked = 0

const listRequest = (set: string): Uint8Array => {
  const writer = new ByteWriter()
  asked = (asked + 1) % 0x40000000
  const type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETSETELEM
  writer.message(type, NLM_F_REQUEST | NLM_F_DUMP, FIRST_SEQUENCE + asked, () => {
    writeHead(writer, NFPROTO_INET, 0)
    writeName(writer, NFTA_SET_ELEM_LIST_TABLE, tableName)
    writeName(writer, NFTA_SET_ELEM_LIST_SET, set)
  })
  return writer.bytes()
}

/** Reads one message of the listing onto a list; false when it is not as it should be. */
const readPart = (bytes: Uint8Array, read: ReadElement, onto: RawElement[]): boolean => {
  const message = readMessage(bytes)
  const { type, view } = message
  if ((message.flags & NLM_F_DUMP_INTR) !== 0 || type === NLMSG_ERROR) return false
  if (type === NLMSG_DONE) return doneNumber(message) === 0
  if (type !== ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWSETELEM)) return true
  let isWhole = true
  eachAttribute(view, message.start + NFGENMSG_LENGTH, message.end, (attribute, from, to) => {
    if (attribute !== NFTA_SET_ELEM_LIST_ELEMENTS) return
    eachAttribute(view, from, to, (member, start, end) => {
      const element = member === NFTA_LIST_ELEM ? read(view, start, end) : null
      if (element === null) isWhole = false
      else onto.push(element)
    })
  })
  return isWhole
}

/**
 * The elements of a set or map of our table, as the kernel lists them: in no order. For ten thousand this takes a
 * tenth of the time that nft needs to print them as JSON, and we to read that.
 *
 * @param set - as nft lists it without its elements
 * @returns null when they are not all of a kind that we write, or they changed meanwhile: ask nft
 */
export const readElements = async (
  socket: NetlinkSocket,
  set: NamedSet,
): Promise<readonly Element[] | null> => {
  const read = elementReader(set)
  const isInterval = set.flags.includes('interval')
  if (read === null || set.flags.some((flag) => flag !== 'interval')) return null
  const raw: RawElement[] = []
  for (const message of await socket.request(listRequest(set.name), 1))
    if (!readPart(message, read, raw)) return null
  if (isInterval) {
    const [type] = set.keyType.kind === 'names' && set.keyType.names.length === 1 ? set.keyType.names : []
    if (type !== 'ipv4_addr' && type !== 'ipv6_addr') return null
    return joinIntervals(raw, type === 'ipv4_addr' ? 'ip' : 'ip6')
  }
  if (raw.some(({ flags }) => flags !== 0)) return null
  return raw.map(({ key, data, comment }) => ({ key, data, comment, attributes: null }))
}
