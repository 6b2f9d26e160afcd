import type { BlockCommit, BlockSnapshot, BlockStore, BlockTransaction } from './block-store.ts'
import { blockStoreErrorCode } from './block-store-error.ts'

/**
 * One question of the steps to a store.
 * @public @since 0.1.0
 */
export type BlockRequest =
  | { readonly kind: 'read' }
  | { readonly kind: 'commit'; readonly transaction: BlockTransaction }

/**
 * The store's answer. `unknown`: a commit got no answer.
 * @public @since 0.1.0
 */
export type BlockAnswer =
  | { readonly kind: 'snapshot'; readonly snapshot: BlockSnapshot }
  | BlockCommit
  | { readonly kind: 'unknown' }

/**
 * The steps of a rule, as a generator. It asks the store for one thing at a time, and returns a result. It does not
 * wait and has no clock, so a test can stop it at each step.
 * @public @since 0.1.0
 */
export type BlockSteps<Result> = Generator<BlockRequest, Result, BlockAnswer>

/** Asks the store for all keys. */
export function* read(): BlockSteps<BlockSnapshot> {
  const answer = yield { kind: 'read' }
  if (answer.kind !== 'snapshot') throw new TypeError(`a read was answered by ${answer.kind}`)
  return answer.snapshot
}

/** Asks the store to carry out a transaction. */
export function* commit(
  transaction: BlockTransaction,
): BlockSteps<BlockCommit | { readonly kind: 'unknown' }> {
  const answer = yield { kind: 'commit', transaction }
  if (answer.kind === 'snapshot') throw new TypeError('a transaction was answered by a snapshot')
  return answer
}

/**
 * Carries out the steps of a rule on a store.
 *
 * @returns the result of the rule
 * @throws BlockStoreError from the rule or the store
 * @example
 * const store = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24']))
 * @public @since 0.1.0
 */
export const runBlockSteps = async <Result>(
  store: BlockStore,
  steps: BlockSteps<Result>,
): Promise<Result> => {
  let unanswered: unknown = null
  const answerOf = async (request: BlockRequest): Promise<BlockAnswer> => {
    if (request.kind === 'read') return { kind: 'snapshot', snapshot: await store.read() }
    try {
      return await store.commit(request.transaction)
    } catch (error) {
      if (!isOutcomeUnknown(error)) throw error
      unanswered = error
      return { kind: 'unknown' }
    }
  }
  try {
    let turn = steps.next()
    while (turn.done !== true) turn = steps.next(await answerOf(turn.value))
    return turn.value
  } catch (error) {
    // The steps only know that no answer came. The store knows which server was asked, and why it did not answer.
    throw isOutcomeUnknown(error) && unanswered !== null ? unanswered : error
  }
}

const isOutcomeUnknown = (error: unknown): boolean => blockStoreErrorCode(error) === 'CLUSTER_OUTCOME_UNKNOWN'
