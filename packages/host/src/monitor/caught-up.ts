import { littleEndian, type MessageView, NLM_F_REQUEST } from '@portolan/core/netlink'
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../netlink/constants.ts'
import { message } from '../netlink/message.ts'
import { RTM_GETLINK } from '../netlink/rtnetlink.ts'
import { NFNL_SUBSYS_NFTABLES } from './transaction.ts'

/** include/uapi/linux/netfilter/nf_tables.h */
const NFT_MSG_GETGEN = 16
/** Sequence numbers below are of the lists. */
const FIRST_SEQUENCE = 1000

/** struct ifinfomsg (include/uapi/linux/rtnetlink.h) of the interface 1, which each namespace has. */
const firstInterface = new Uint8Array(16)
new DataView(firstInterface.buffer).setInt32(4, 1, littleEndian)

/** A question for each socket. The kernel puts its answer behind all that the socket was told before. */
const questions = [
  {
    protocol: NETLINK_NETFILTER,
    type: (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN,
    payload: new Uint8Array(4),
  },
  // It is answered under the lock under which links and addresses are changed and told (`rtnl_lock`).
  { protocol: NETLINK_ROUTE, type: RTM_GETLINK, payload: firstInterface },
] as const

/** Waits until what the kernel told so far has arrived. */
export interface CaughtUp {
  /** Asks now: resolves when both answers have come. */
  ask(): Promise<void>
  /** Resolves with the next `release`: nothing can be asked now. */
  wait(): Promise<void>
  /**
   * Is this an answer of the kernel to `ask`?
   * @param isEarly - while the lists of a new process are read: what was lost before is told behind them, with `release`
   */
  takes(part: MessageView, isEarly: boolean): boolean
  /** Resolves all that is awaited. */
  release(): void
}

/** @param request - sends a question by the socket of a protocol */
export const openCaughtUp = (request: (protocol: number, bytes: Uint8Array) => void): CaughtUp => {
  /** By sequence number: how many answers are awaited, and what is done then. */
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
