import {
  eachMessage,
  errorNumber,
  type MessageView,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '@portolan/core/netlink'
import { PortolanError } from '@portolan/netfilter'
import { errnoText } from '../netlink/change-error.ts'
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../netlink/constants.ts'
import { message } from '../netlink/message.ts'
import { RTM_GETADDR, RTM_GETLINK } from '../netlink/rtnetlink.ts'
import { openCaughtUp } from './caught-up.ts'
import { startListener } from './listener.ts'
import type { Subscription } from './listening-process.ts'
import { openNetworkReader } from './network-reader.ts'
import type { Notice } from './notice.ts'
import { openTransactionReader } from './transaction.ts'

/** include/uapi/linux/netfilter/nfnetlink.h */
const NFNLGRP_NFTABLES = 7
/**
 * include/uapi/linux/rtnetlink.h: RTNLGRP_LINK, IPV4_IFADDR, IPV4_ROUTE, IPV4_RULE, IPV6_IFADDR, IPV6_ROUTE, IPV6_RULE,
 * IPV4_NETCONF, IPV6_NETCONF, NEXTHOP.
 */
const ROUTE_GROUPS = [1, 5, 7, 8, 9, 11, 19, 24, 25, 32]

const mask = (groups: readonly number[]): number =>
  groups.reduce((bits, group) => (bits | (1 << (group - 1))) >>> 0, 0)

const subscriptions: readonly Subscription[] = [
  { protocol: NETLINK_NETFILTER, groups: mask([NFNLGRP_NFTABLES]) },
  { protocol: NETLINK_ROUTE, groups: mask(ROUTE_GROUPS) },
]

/** The lists of links and addresses, which are read in this order before the first notice. */
const lists = [
  { type: RTM_GETLINK, payload: new Uint8Array(16) },
  { type: RTM_GETADDR, payload: new Uint8Array(8) },
] as const

/**
 * The most requests for a list that changes while it is read. After that the list is taken as it is, as the messages of
 * its changes arrive too.
 */
const ATTEMPTS = 4

const LOST =
  'The process that listens to the kernel ended: messages came faster than they could be taken, or it was killed. It listens again.'

/** A source of notices about the messages of the kernel, in their order. */
export interface KernelFollower {
  /** Resolves when each later change gets its notice. */
  readonly opened: Promise<void>
  /** Sets whether it keeps this process alive. At first it does. */
  hold(isHeld: boolean): void
  /** Resolves when the kernel's messages from before the call have their notices, or when no more notices can come. */
  caughtUp(): Promise<void>
  close(): Promise<void>
}

export interface FollowerEvents {
  tell(notice: Notice): void
  /** Called when no more notices can come. */
  failed(error: Error): void
}

/**
 * Starts to follow the kernel.
 * @param bufferBytes - the receive buffer requested for each socket, in bytes
 */
export const followKernel = (events: FollowerEvents, bufferBytes?: number): KernelFollower => {
  let transactions = openTransactionReader()
  let network = openNetworkReader()
  let isOpen = false
  /** The index of the list that is being read; the number of lists: all have been read. */
  let list = 0
  let attempt = 0
  let isInterrupted = false
  let isEnded = false
  let opened = (): void => {}
  let notOpened = (_error: Error): void => {}
  const opening = new Promise<void>((resolve, reject) => {
    opened = resolve
    notOpened = reject
  })

  const end = (): void => {
    isEnded = true
    caughtUp.release()
  }

  const failed = (error: Error): void => {
    notOpened(error)
    events.failed(error)
    end()
  }

  const ask = (): void => {
    isInterrupted = false
    const next = lists[list]
    if (next !== undefined) {
      const { type, payload } = next
      listener.request(NETLINK_ROUTE, message(type, NLM_F_REQUEST | NLM_F_DUMP, list + 1, payload))
      return
    }
    // The loss is reported only now: the lists hold the changes since the sockets joined their groups.
    if (isOpen) events.tell({ kind: 'lost', reason: LOST })
    isOpen = true
    opened()
    caughtUp.release()
  }

  /** Takes a message of a list. Lists come through the socket of the notices, so both are in the kernel's order. */
  const takeListed = (part: MessageView): void => {
    if ((part.flags & NLM_F_DUMP_INTR) !== 0) isInterrupted = true
    if (part.type === NLMSG_DONE) {
      attempt += 1
      if (!isInterrupted || attempt >= ATTEMPTS) {
        list += 1
        attempt = 0
      }
      ask()
    } else if (part.type === NLMSG_ERROR && errorNumber(part) !== 0) {
      const reason = errnoText(errorNumber(part))
      failed(
        new PortolanError(
          'NETLINK',
          `The kernel refused to list links and addresses (${reason}). Run this again.`,
        ),
      )
    } else network.take(part)
  }

  const tellAll = (notices: readonly Notice[]): void => {
    if (list < lists.length) return
    for (const notice of notices) events.tell(notice)
  }

  const listener = startListener(
    subscriptions,
    {
      subscribed: () => {
        transactions = openTransactionReader()
        network = openNetworkReader()
        list = 0
        attempt = 0
        ask()
      },
      received: ({ protocol, bytes, multicast }) =>
        eachMessage(bytes, (part) => {
          if (!multicast && caughtUp.takes(part, list < lists.length)) return
          if (protocol === NETLINK_NETFILTER) {
            const transaction = transactions.take(part)
            if (transaction !== null) tellAll([transaction])
          } else if (multicast) tellAll(network.take(part))
          else takeListed(part)
        }),
      failed,
    },
    bufferBytes,
  )
  const caughtUp = openCaughtUp((protocol, bytes) => listener.request(protocol, bytes))
  return {
    opened: opening,
    hold: (isHeld) => listener.hold(isHeld),
    caughtUp: () => {
      if (isEnded) return Promise.resolve()
      // While the lists are read, nothing can be asked. The `lost` notice behind the lists then covers the changes. A
      // process that ends before it answers is covered the same way.
      return list < lists.length ? caughtUp.wait() : caughtUp.ask()
    },
    close: () => {
      end()
      return listener.close()
    },
  }
}
