import { BlockStoreError } from '@portolan/core'
import { EtcdAuthenticationFailedError, EtcdPermissionDeniedError, GRPCUnauthenticatedError } from 'etcd3'

const denials = [EtcdAuthenticationFailedError, EtcdPermissionDeniedError, GRPCUnauthenticatedError]

/** Was the request refused for its user, so that nothing was done? */
export const isDenied = (error: unknown): boolean => denials.some((kind) => error instanceof kind)

const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    // gRPC puts its own number and the state of its resolver around what the system said.
    .replace(/^.*Last error: /, '')
    .replace(/\.? Resolution note:.*$/, '')
    .replace(/^(\w*Error: )?(\d+ [A-Z_]+: )?/, '')

/** What an error means for a host, and what its user has to be allowed. */
export interface ErrorWords {
  readonly unreachable: string
  readonly allowed: string
}

const wordsOfBlocks: ErrorWords = {
  unreachable:
    'Blocks that this host holds stay its own and addresses in them are leased as before, but no new block can be claimed.',
  allowed: 'may read and write keys under /portolan/v1/',
}

/** What went wrong with a request that changes nothing. */
export const readingError = (
  error: unknown,
  endpoints: readonly string[],
  words: ErrorWords = wordsOfBlocks,
): BlockStoreError => {
  if (error instanceof BlockStoreError) return error
  if (isDenied(error))
    return new BlockStoreError(
      'CLUSTER_DENIED',
      `etcd at ${endpoints.join(', ')} does not let this host in: ${wordsOf(error)}. Check the user and password-file of the cluster's URL, and that the user's role ${words.allowed}.`,
      { cause: error },
    )
  return new BlockStoreError(
    'CLUSTER_UNREACHABLE',
    `etcd at ${endpoints.join(', ')} does not answer: ${wordsOf(error)}. ${words.unreachable} Check that etcd runs there and that this host reaches it.`,
    { cause: error },
  )
}

/** What went wrong with a transaction: unless it was refused for its user, it may have been carried out. */
export const committingError = (error: unknown, endpoints: readonly string[]): BlockStoreError =>
  isDenied(error)
    ? readingError(error, endpoints)
    : new BlockStoreError(
        'CLUSTER_OUTCOME_UNKNOWN',
        `etcd at ${endpoints.join(', ')} did not answer a change (${wordsOf(error)}), so it is open whether the change was made. Run the command again once etcd answers.`,
        { cause: error },
      )
