import { PortolanError } from '@portolan/netfilter'

/** @public @since 0.1.0 */
export type BlockStoreErrorCode =
  /** The store did not answer a question; no change was asked for. */
  | 'CLUSTER_UNREACHABLE'
  /** The store did not answer a change: the change may have been made, or may be made later. */
  | 'CLUSTER_OUTCOME_UNKNOWN'
  /** The store no longer keeps the revision to watch from. */
  | 'CLUSTER_COMPACTED'
  /** The store does not let this user in, or refuses this request. */
  | 'CLUSTER_DENIED'
  /** The store has lost data that a host knows of its cluster. */
  | 'CLUSTER_DATA_LOST'
  /** The cluster has no pools, or other pools than asked for. */
  | 'CLUSTER_POOLS'
  /** Another host uses the name of this one. */
  | 'CLUSTER_NAME_TAKEN'
  /** No block is free. */
  | 'CLUSTER_EXHAUSTED'
  /** The blocks to reclaim belong to a host that is alive. */
  | 'CLUSTER_HOST_ALIVE'

/**
 * The fault of a certificate that keeps a store and a host apart. `own`, `own-expired`: the store does not accept this
 * host's certificate. The others concern the store's certificate.
 * @public @since 0.1.0
 */
export type CertificateFault = 'own' | 'own-expired' | 'expired' | 'not-yet-valid' | 'authority' | 'name'

/**
 * Why a store does not let a host in, or refuses a request.
 * - `unnamed`: it asks for a user, and none is named.
 * - `unknown`: it has no such user with the given password.
 * - `unwanted`: it has no users, and one is named.
 * - `not-allowed`: the user lacks a permission.
 *
 * @public @since 0.1.0
 */
export type UserFault = 'unnamed' | 'unknown' | 'unwanted' | 'not-allowed'

/**
 * An error about the blocks of a cluster, with a code that says what went wrong.
 * @example
 * try {
 *   await runBlockSteps(memoryBlockStore(), claimBlocks({ host: 'web-1', incarnation: 'a1', lease: null, newNonce: () => 'n1' }))
 * } catch (error) {
 *   if (error instanceof BlockStoreError) console.log(error.code) // CLUSTER_POOLS
 * }
 * @public @since 0.1.0
 */
export class BlockStoreError extends PortolanError {
  declare readonly code: BlockStoreErrorCode
  /** The fault of the certificate, if that is the cause. */
  declare readonly certificate?: CertificateFault
  /** The fault of the user, if that is the cause. */
  declare readonly user?: UserFault

  constructor(
    code: BlockStoreErrorCode,
    message: string,
    options?: {
      readonly cause?: unknown
      readonly certificate?: CertificateFault | undefined
      readonly user?: UserFault | undefined
    },
  ) {
    super(code, message, options)
    if (options?.certificate !== undefined) this.certificate = options.certificate
    if (options?.user !== undefined) this.user = options.user
  }
}

/**
 * The code of an error of a block store; null for any other error. An adapter may have its own copy of this package,
 * and so a different error class. So the class is not compared.
 * @example
 * blockStoreErrorCode(new BlockStoreError('CLUSTER_COMPACTED', 'read again')) // 'CLUSTER_COMPACTED'
 * @public @since 0.1.0
 */
export const blockStoreErrorCode = (error: unknown): BlockStoreErrorCode | null => {
  if (!(error instanceof Error) || !names.includes(error.name) || !('code' in error)) return null
  return typeof error.code === 'string' ? (error.code as BlockStoreErrorCode) : null
}

const names: readonly string[] = ['BlockStoreError', 'BlocksExhaustedError']
