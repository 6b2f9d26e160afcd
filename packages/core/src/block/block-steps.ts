import type { BlockCommit, BlockSnapshot, BlockStore, BlockTransaction } from './block-store.ts'
import { blockStoreErrorCode } from './block-store-error.ts'

/**
 * What the rules ask of a store next.
 * @public @since 0.1.0
 */
export type BlockRequest =
  | { readonly kind: 'read' }
  | { readonly kind: 'commit'; readonly transaction: BlockTransaction }

/**
 * What the store answered. `unknown`: no answer came to a commit.
 * @public @since 0.1.0
 */
export type BlockAnswer =
  | { readonly kind: 'snapshot'; readonly snapshot: BlockSnapshot }
  | BlockCommit
  | { readonly kind: 'unknown' }

/**
 * A rule as a machine: it asks for one thing of the store at a time and comes to a result. It waits for nothing and
 * knows no clock, so a test can stop it at each of its steps.
 * @public @since 0.1.0
 */
export type BlockSteps<Result> = Generator<BlockRequest, Result, BlockAnswer>

/** Asks for all keys. */
export function* read(): BlockSteps<BlockSnapshot> {
  const answer = yield { kind: 'read' }
  if (answer.kind !== 'snapshot') throw new TypeError(`a read was answered by ${answer.kind}`)
  return answer.snapshot
}

/** Asks for a transaction. */
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
 * @returns what the rule comes to
 * @throws BlockStoreError as the rule and the store do
 * @example
 * const store = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24']))
 * @public @since 0.1.0
 */
export const runBlockSteps = async <Result>(
  store: BlockStore,
  steps: BlockSteps<Result>,
): Promise<Result> => {
  let turn = steps.next()
  while (turn.done !== true) turn = steps.next(await answerOf(store, turn.value))
  return turn.value
}

const answerOf = async (store: BlockStore, request: BlockRequest): Promise<BlockAnswer> => {
  if (request.kind === 'read') return { kind: 'snapshot', snapshot: await store.read() }
  try {
    return await store.commit(request.transaction)
  } catch (error) {
    if (blockStoreErrorCode(error) === 'CLUSTER_OUTCOME_UNKNOWN') return { kind: 'unknown' }
    throw error
  }
}
