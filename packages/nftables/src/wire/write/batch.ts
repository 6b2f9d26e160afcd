import { linesOf, type Step } from '../../apply/steps.ts'
import { stepText } from '../../apply/transaction.ts'
import type { NftablesChange } from '../../diff/change.ts'
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
  /** How many acks the kernel will send. */
  readonly expect: number
  /** The sequence number to begin the next batch with. */
  readonly nextSequence: number
  /** The command that a message is for, by its sequence number, as `nft` would be given it; null: it is the batch's own. */
  readonly commandOf: (sequence: number) => string | null
}

/** A step on one line: of many elements the set alone is named. */
const commandText = (step: Step): string => {
  if (step.kind === 'write-table') return 'table inet portolan { … }'
  if (step.kind !== 'create-elements' && step.kind !== 'delete-elements') return stepText(step)
  const [, more] = step.elements
  return more === undefined
    ? stepText(step).replaceAll('\n', ' ')
    : stepText({ ...step, elements: [] }).replace('\n\n', ' … ')
}

/** What most elements take, so that the buffer need not grow. */
const bytesPerChange = 128

/**
 * Encodes changes as one nfnetlink batch: all of them happen, or none (net/netfilter/nfnetlink.c, nfnetlink_rcv_batch),
 * in the order of `transaction`. It asks for one answer, to its last message.
 *
 * @param sequence - of the first message; the next batch on the same socket begins at `nextSequence`
 * @param generation - of the rules the changes are for: the kernel refuses them in any other (NFNL_BATCH_GENID,
 * net/netfilter/nf_tables_api.c `nf_tables_valid_genid`); null: in whichever
 * @returns null when there is something in them that `compile` never makes: hand these to `apply`
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

/** A batch of three messages, of which the second is the change's. */
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
