import type { NetlinkSocket } from '@portolan/core'
import { ByteWriter, eachAttribute, NLM_F_ACK, NLM_F_REQUEST, readMessage } from '@portolan/core/netlink'
import {
  NFGENMSG_LENGTH,
  NFNL_SUBSYS_NFTABLES,
  NFPROTO_UNSPEC,
  NFT_MSG_GETGEN,
  NFT_MSG_NEWGEN,
  NFTA_GEN_ID,
} from './constants.ts'
import { writeHead } from './message-parts.ts'

/** The first sequence number here. The numbers of `applyLive` begin at 1, so replies are not confused. */
const FIRST_SEQUENCE = 0x80000000
let asked = 0

/**
 * Reads the generation of this network namespace's rules. Every transaction raises it by one, iptables-nft's too
 * (nf_tables_api.c `nf_tables_commit`). So one small request tells whether rules read before are still current.
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
  const writer = new ByteWriter(64)
  const type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN
  writer.message(type, NLM_F_REQUEST | NLM_F_ACK, FIRST_SEQUENCE + asked, () =>
    writeHead(writer, NFPROTO_UNSPEC, 0),
  )
  for (const reply of await socket.request(writer.take(), 1)) {
    const found = readGeneration(reply)
    if (found !== null) return found
  }
  return null
}

/** The NFTA_GEN_ID of an NFT_MSG_NEWGEN; null for any other message. */
const readGeneration = (bytes: Uint8Array): number | null => {
  const { type, view, start, end } = readMessage(bytes)
  if (type !== ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN)) return null
  let found: number | null = null
  eachAttribute(view, start + NFGENMSG_LENGTH, end, (attribute, at) => {
    if (attribute === NFTA_GEN_ID) found = view.getUint32(at)
  })
  return found
}
