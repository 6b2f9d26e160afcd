import type { NetlinkSocket } from '@portolan/core'
import {
  ByteWriter,
  doneNumber,
  errorNumber,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  readMessage,
} from '@portolan/core/netlink'
import { NFGENMSG_LENGTH, NFNL_SUBSYS_NFTABLES, NFPROTO_INET } from '../constants.ts'
import { writeHead } from '../message-parts.ts'
import type { Span } from './attributes.ts'

/** The first sequence number here. `applyLive` and `generation` use other ranges. */
const FIRST_SEQUENCE = 0x40000000
let asked = 0

export interface Question {
  /** The message types of the request (NFT_MSG_GET...) and of each reply (NFT_MSG_NEW...). */
  readonly ask: number
  readonly answer: number
  /** `one`: the named object; `all`: every object of the named table or set. */
  readonly what: 'one' | 'all'
  /** Writes the attributes that name the object, table or set. */
  readonly write: (writer: ByteWriter) => void
  /** The family of the tables; that of our table by default. */
  readonly family?: number
}

const encode = ({ ask, what, write, family = NFPROTO_INET }: Question): Uint8Array => {
  const writer = new ByteWriter(128)
  asked = (asked + 1) % 0x40000000
  const flags = NLM_F_REQUEST | (what === 'all' ? NLM_F_DUMP : NLM_F_ACK)
  writer.message((NFNL_SUBSYS_NFTABLES << 8) | ask, flags, FIRST_SEQUENCE + asked, () => {
    writeHead(writer, family, 0)
    write(writer)
  })
  return writer.take()
}

/**
 * How a listing ended. `whole`: complete. `refused`: the kernel gave an errno. `broken`: incomplete or not understood.
 */
export type Listed =
  | { readonly kind: 'whole' }
  | { readonly kind: 'refused'; readonly errno: number }
  | { readonly kind: 'broken' }

const whole: Listed = { kind: 'whole' }
const broken: Listed = { kind: 'broken' }

/**
 * Passes the attributes of each object that the kernel lists to `visit`, until `visit` returns false. The listing is
 * broken when the objects changed meanwhile: the kernel says so (NLM_F_DUMP_INTR).
 */
export const list = async (
  socket: NetlinkSocket,
  question: Question,
  visit: (attributes: Span, family: number) => boolean,
): Promise<Listed> => {
  const answer = (NFNL_SUBSYS_NFTABLES << 8) | question.answer
  for (const bytes of await socket.request(encode(question), 1)) {
    const message = readMessage(bytes)
    const { type, flags, view, start, end } = message
    if ((flags & NLM_F_DUMP_INTR) !== 0) return broken
    if (type === NLMSG_ERROR) {
      const errno = end - start < 4 ? 0 : errorNumber(message)
      return errno === 0 ? whole : { kind: 'refused', errno }
    }
    if (type === NLMSG_DONE) return doneNumber(message) === 0 ? whole : broken
    if (type !== answer) continue
    if (end - start < NFGENMSG_LENGTH) return broken
    if (!visit({ view, start: start + NFGENMSG_LENGTH, end }, view.getUint8(start))) return broken
  }
  return broken
}
