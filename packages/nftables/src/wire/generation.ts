import type { NetlinkSocket } from '@portolan/core'
import { littleEndian } from './byte-writer.ts'
import {
  NFGENMSG_LENGTH,
  NFNL_SUBSYS_NFTABLES,
  NFPROTO_UNSPEC,
  NFT_MSG_GETGEN,
  NFT_MSG_NEWGEN,
  NFTA_GEN_ID,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_HEADER_LENGTH,
} from './constants.ts'

/** Apart from those of `applyLive`, which begin at 1. */
const FIRST_SEQUENCE = 0x80000000
let asked = 0

/**
 * The generation of this network namespace's rules: every transaction of whomever, iptables-nft's too, makes it
 * one more (nf_tables_api.c `nf_tables_commit`). So one small question tells whether what was read still holds.
 *
 * @returns null when the kernel does not say
 * @example
 * const before = await generation(socket)
 * await applyLive(changes, socket)
 * (await generation(socket)) === before + 1 // no other program changed a rule
 * @public @since 0.1.0
 */
export const generation = async (socket: NetlinkSocket): Promise<number | null> => {
  asked = (asked + 1) % 0x40000000
  const request = new Uint8Array(NLMSG_HEADER_LENGTH + NFGENMSG_LENGTH)
  const view = new DataView(request.buffer)
  view.setUint32(0, request.length, littleEndian)
  view.setUint16(4, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN, littleEndian)
  view.setUint16(6, NLM_F_REQUEST | NLM_F_ACK, littleEndian)
  view.setUint32(8, FIRST_SEQUENCE + asked, littleEndian)
  view.setUint8(NLMSG_HEADER_LENGTH, NFPROTO_UNSPEC)
  for (const reply of await socket.request(request, 1)) {
    const found = readGeneration(reply)
    if (found !== null) return found
  }
  return null
}

/** The NFTA_GEN_ID of an NFT_MSG_NEWGEN; null of any other message. */
const readGeneration = (message: Uint8Array): number | null => {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  if (view.getUint16(4, littleEndian) !== ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN)) return null
  let at = NLMSG_HEADER_LENGTH + NFGENMSG_LENGTH
  while (at + 8 <= message.length) {
    const length = view.getUint16(at, littleEndian)
    if (view.getUint16(at + 2, littleEndian) === NFTA_GEN_ID) return view.getUint32(at + 4)
    if (length < 4) return null
    at += (length + 3) & ~3
  }
  return null
}
