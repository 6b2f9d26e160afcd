import { linesOf, type Step } from '../../apply/steps.ts'
import { stepText } from '../../apply/transaction.ts'
import type { NftablesChange } from '../../model/change.ts'
import { MessageWriter } from './message-writer.ts'
import { keepPortBatch, repeatPortBatch } from './port-batch.ts'
import { Unwritable } from './unwritable.ts'
import { writeStep } from './write-step.ts'

/**
 * A transaction as one netlink datagram.
 * @public @since 0.1.0
 */
export interface Batch {
  readonly datagram: Uint8Array
  /** The number of acknowledgements that the kernel will send. */
  readonly expect: number
  /** The first sequence number of the next batch. */
  readonly nextSequence: number
  /**
   * The command of a message as nft would be given it, by the sequence number. Null: the message begins or ends the
   * batch.
   */
  readonly commandOf: (sequence: number) => string | null
}

/** A step on one line. Several elements are shown as their set alone. */
const commandText = (step: Step): string => {
  if (step.kind === 'write-table') return 'table inet portolan { … }'
  if (step.kind !== 'create-elements' && step.kind !== 'delete-elements') return stepText(step)
  const [, more] = step.elements
  return more === undefined
    ? stepText(step).replaceAll('\n', ' ')
    : stepText({ ...step, elements: [] }).replace('\n\n', ' … ')
}

/** The initial buffer size for each change. Most elements fit into it, so the buffer rarely grows. */
const bytesPerChange = 128

/**
 * Encodes changes as one nfnetlink batch, in the order of `transaction`. All changes happen, or none
 * (net/netfilter/nfnetlink.c, nfnetlink_rcv_batch). The batch asks for one reply, to its last message.
 *
 * @param sequence - the number of the first message; the next batch on the same socket begins at `nextSequence`
 * @param generation - the generation of the rules that the changes are for; the kernel refuses the batch in any other
 *   (NFNL_BATCH_GENID, net/netfilter/nf_tables_api.c `nf_tables_valid_genid`). Null: any generation
 * @returns null when the changes hold something that `compile` never makes; then pass them to `apply`
 * @example
 * const batch = encodeBatch(changes, 1)
 * if (batch !== null) await socket.request(batch.datagram, batch.expect)
 * @public @since 0.1.0
 */
export const encodeBatch = (
  changes: readonly Pick<NftablesChange, 'operation'>[],
  sequence: number,
  generation: number | null = null,
): Batch | null => {
  const [lone, more] = changes
  if (lone === undefined || more !== undefined) return writeBatch(changes, sequence, generation)
  const repeated = repeatPortBatch(lone.operation, sequence, generation)
  if (repeated !== null) return repeatedBatch(repeated, lone, sequence)
  const batch = writeBatch(changes, sequence, generation)
  if (batch !== null) keepPortBatch(lone.operation, batch.datagram, generation)
  return batch
}

/** A batch of three messages. The second one carries the change. */
const repeatedBatch = (
  datagram: Uint8Array,
  lone: Pick<NftablesChange, 'operation'>,
  sequence: number,
): Batch => ({
  datagram,
  expect: 1,
  nextSequence: (sequence + 3) >>> 0,
  commandOf: (number) => {
    const step = number === (sequence + 1) >>> 0 ? linesOf([lone])[0]?.[0] : undefined
    return step === undefined ? null : commandText(step)
  },
})

const writeBatch = (
  changes: readonly Pick<NftablesChange, 'operation'>[],
  sequence: number,
  generation: number | null,
): Batch | null => {
  const messages = new MessageWriter(sequence, 1024 + bytesPerChange * changes.length)
  messages.begin(generation)
  try {
    for (const line of linesOf(changes)) for (const step of line) writeStep(messages, step)
  } catch (error) {
    if (error instanceof Unwritable) return null
    throw error
  }
  messages.end()
  return {
    datagram: messages.writer.take(),
    expect: 1,
    nextSequence: messages.nextSequence,
    commandOf: (number) => {
      const step = messages.stepOf(number)
      return step === null ? null : commandText(step)
    },
  }
}
