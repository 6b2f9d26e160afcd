import { littleEndian, type MessageView, NLM_F_REQUEST } from '@portolan/core/netlink'
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../netlink/constants.ts'
import { message } from '../netlink/message.ts'
import { RTM_GETLINK } from '../netlink/rtnetlink.ts'
import { NFNL_SUBSYS_NFTABLES } from './transaction.ts'

/** include/uapi/linux/netfilter/nf_tables.h */
const NFT_MSG_GETGEN = 16
/** The first sequence number of these questions. Lower numbers belong to the lists of links and addresses. */
const FIRST_SEQUENCE = 1000

/** struct ifinfomsg (include/uapi/linux/rtnetlink.h) for interface 1, which each namespace has. */
const firstInterface = new Uint8Array(16)
new DataView(firstInterface.buffer).setInt32(4, 1, littleEndian)

/** One question per socket. The kernel queues its answer behind the messages that the socket already got. */
const questions = [
  {
    protocol: NETLINK_NETFILTER,
    type: (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN,
    payload: new Uint8Array(4),
  },
  // The kernel answers under the lock (`rtnl_lock`) under which it changes links and addresses and sends their
  // messages.
  { protocol: NETLINK_ROUTE, type: RTM_GETLINK, payload: firstInterface },
] as const

/** Waits until the messages that the kernel has sent so far have arrived. */
export interface CaughtUp {
  /** Asks the kernel now. Resolves when both answers have come. */
  ask(): Promise<void>
  /** Resolves with the next `release`, for a time when the kernel cannot be asked. */
  wait(): Promise<void>
  /**
   * Tells whether a message is the kernel's answer to a question of `ask`.
   * @param isEarly - true while the lists of a new process are read; answers then resolve nothing, `release` does
   */
  takes(part: MessageView, isEarly: boolean): boolean
  /** Resolves each waiting promise. */
  release(): void
}

/**
 * Opens the questions.
 * @param request - sends a question through the socket of a protocol
 */
export const openCaughtUp = (request: (protocol: number, bytes: Uint8Array) => void): CaughtUp => {
  /** The open questions by sequence number: how many answers are missing, and what to call then. */
  const asked = new Map<number, { left: number; readonly done: () => void }>()
  let sequence = FIRST_SEQUENCE
  const waiting = (send: (sequence: number) => void): Promise<void> =>
    new Promise((done) => {
      sequence = sequence === 0xffff_ffff ? FIRST_SEQUENCE : sequence + 1
      asked.set(sequence, { left: questions.length, done })
      send(sequence)
    })
  return {
    ask: () =>
      waiting((number) => {
        for (const { protocol, type, payload } of questions)
          request(protocol, message(type, NLM_F_REQUEST, number, payload))
      }),
    wait: () => waiting(() => {}),
    takes: ({ sequence: number }, isEarly) => {
      if (number <= FIRST_SEQUENCE) return false
      const one = asked.get(number)
      if (one === undefined || isEarly) return true
      one.left -= 1
      if (one.left > 0) return true
      asked.delete(number)
      one.done()
      return true
    },
    release: () => {
      const all = [...asked.values()]
      asked.clear()
      for (const { done } of all) done()
    },
  }
}
