import { BlockStoreError } from '@portolan/core/block-store-error'
import { EtcdPermissionDeniedError, GRPCUnauthenticatedError } from 'etcd3'
import { type Asked, hasNoLeader, hasNoRoom, type Refusal, refusalOf, serverOf, wordsOf } from './refusal.ts'
import { UnresolvedError } from './unresolved-names.ts'

/** The consequence of an error for this host, and the permission that its user needs. */
export interface ErrorWords {
  readonly unreachable: string
  /** The permission that the user's role needs, and the etcdctl command that grants it. */
  readonly allowed: string
  readonly grant: string
}

const wordsOfBlocks: ErrorWords = {
  unreachable:
    'Blocks that this host holds stay its own and addresses in them are leased as before, but no new block can be claimed.',
  allowed: 'may read and write keys under /portolan/v1/',
  grant: 'etcdctl role grant-permission --prefix ROLE readwrite /portolan/v1/',
}

/** Was the request refused for the user's permissions? A watch reports that by words alone. */
const isDenied = (error: unknown): boolean =>
  error instanceof EtcdPermissionDeniedError ||
  error instanceof GRPCUnauthenticatedError ||
  wordsOf(error) === 'etcdserver: permission denied'

const refused = (error: unknown, asked: Asked, { allowed, grant }: ErrorWords): Refusal | null => {
  const refusal = refusalOf(error, asked)
  if (refusal !== null || !isDenied(error)) return refusal
  const user = asked.user == null ? 'the user of this host' : `user ${asked.user.name}`
  return {
    kind: 'user',
    user: 'not-allowed',
    why: `${user} may not do this (${wordsOf(error)})`,
    remedy: `Give the user a role that ${allowed}: \`${grant}\`.`,
  }
}

const silenceOf = (error: unknown): string =>
  hasNoLeader(error)
    ? 'most of its servers are off, or do not reach each other (etcdserver: no leader)'
    : wordsOf(error)

const placeOf = ({ endpoints }: Asked): string => `etcd at ${endpoints.join(', ')}`

/**
 * The server whose certificate is wrong, and a sentence about the other servers, which did not accept the request
 * either.
 */
const oneOf = (
  error: unknown,
  { endpoints }: Asked,
): { readonly server: string; readonly others: string } => {
  const server = serverOf(error)
  const others = endpoints.filter((one) => one !== server)
  if (server === null || others.length === 0 || others.length === endpoints.length)
    return { server: placeOf({ endpoints }), others: '' }
  return {
    server: placeOf({ endpoints: [server] }),
    others: `No other server took the request: ${others.join(', ')}. `,
  }
}

/** The error for a failed request that changes nothing. */
export const readingError = (
  error: unknown,
  asked: Asked,
  words: ErrorWords = wordsOfBlocks,
): BlockStoreError => {
  if (error instanceof BlockStoreError) return error
  const refusal = refused(error, asked, words)
  const place = placeOf(asked)
  if (refusal?.kind === 'user')
    return new BlockStoreError(
      'CLUSTER_DENIED',
      `${place} does not let this host in: ${refusal.why}. ${refusal.remedy} ${words.unreachable}`,
      { cause: error, user: refusal.user },
    )
  if (refusal?.kind === 'tls') {
    const { server, others } = oneOf(error, asked)
    return new BlockStoreError(
      'CLUSTER_UNREACHABLE',
      `There is no connection to ${server}: ${refusal.why}. ${others}${words.unreachable} ${refusal.remedy}`,
      { cause: error, certificate: refusal.certificate },
    )
  }
  if (hasNoRoom(error))
    return new BlockStoreError(
      'CLUSTER_UNREACHABLE',
      `${place} takes no change: its data has reached its limit (${wordsOf(error)}). ${words.unreachable} Make room: \`etcdctl compact REVISION\` with its present revision, then \`etcdctl defrag\` and \`etcdctl alarm disarm\`. Or raise the limit (--quota-backend-bytes of etcd), and run \`etcdctl alarm disarm\`.`,
      { cause: error },
    )
  const way =
    error instanceof UnresolvedError
      ? 'Correct the name in the URL of the cluster, or the nameservers of this host.'
      : 'Check that etcd runs there and that this host reaches it.'
  return new BlockStoreError(
    'CLUSTER_UNREACHABLE',
    `${place} does not answer: ${silenceOf(error)}. ${words.unreachable} ${way}`,
    { cause: error },
  )
}

/**
 * The error for a failed transaction. Unless it was refused for its user, or for want of room, it may have been carried
 * out.
 */
export const committingError = (error: unknown, asked: Asked): BlockStoreError => {
  const refusal = refused(error, asked, wordsOfBlocks)
  if (refusal?.kind === 'user' || hasNoRoom(error)) return readingError(error, asked)
  const place = refusal === null ? placeOf(asked) : oneOf(error, asked).server
  return new BlockStoreError(
    'CLUSTER_OUTCOME_UNKNOWN',
    `${place} did not answer a change (${refusal?.why ?? silenceOf(error)}), so it is not known whether the change was made. ${refusal === null ? '' : `${refusal.remedy} `}Run the command again once etcd answers.`,
    { cause: error, certificate: refusal?.certificate },
  )
}
