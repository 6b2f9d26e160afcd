import { ByteWriter, NLM_F_ACK, NLM_F_REQUEST } from '@portolan/core/netlink'
import type { Step } from '../../apply/steps.ts'
import {
  NFNL_BATCH_GENID,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NFPROTO_INET,
  NFPROTO_UNSPEC,
} from '../constants.ts'
import { writeHead } from '../message-parts.ts'

/** The messages of one batch, each with its step. */
export class MessageWriter {
  readonly writer: ByteWriter
  readonly #first: number
  readonly #steps: (Step | null)[] = []
  #sets = 0
  #last = 0

  constructor(first: number, room: number) {
    this.#first = first >>> 0
    this.writer = new ByteWriter(room)
  }

  #take(step: Step | null): number {
    this.#steps.push(step)
    return (this.#first + this.#steps.length - 1) >>> 0
  }

  /** A new number, by which later messages of the batch refer to a set. */
  nextSet(): number {
    this.#sets += 1
    return this.#sets
  }

  /** Begins the batch. @param generation - the generation of the rules that the batch is for; null: any */
  begin(generation: number | null): void {
    this.writer.message(NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, this.#take(null), () => {
      writeHead(this.writer, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES)
      if (generation !== null) this.writer.attribute(NFNL_BATCH_GENID, () => this.writer.be32(generation))
    })
  }

  message(step: Step, type: number, flags: number, write: () => void): void {
    this.#last = this.writer.length
    this.writer.message((NFNL_SUBSYS_NFTABLES << 8) | type, NLM_F_REQUEST | flags, this.#take(step), () => {
      writeHead(this.writer, NFPROTO_INET, 0)
      write()
    })
  }

  /**
   * Ends the batch. The kernel reports errors without being asked. Only the last message before the end asks for a
   * reply, and the reply comes once all changes are in force (net/netfilter/nfnetlink.c, nfnetlink_rcv_batch: replies
   * are sent after the commit). Older kernels do not reply to the end of a batch.
   */
  end(): void {
    this.writer.addFlags(this.#last, NLM_F_ACK)
    this.writer.message(NFNL_MSG_BATCH_END, NLM_F_REQUEST, this.#take(null), () =>
      writeHead(this.writer, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES),
    )
  }

  get nextSequence(): number {
    return (this.#first + this.#steps.length) >>> 0
  }

  /** The step of a sequence number; null: the message begins or ends the batch. */
  stepOf(sequence: number): Step | null {
    return this.#steps[(sequence - this.#first) >>> 0] ?? null
  }
}
