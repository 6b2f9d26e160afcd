import { PortolanError } from '@portolan/netfilter'

/** @public @since 0.1.0 */
export type BlockStoreErrorCode =
  /** The store did not answer; nothing was asked to change. */
  | 'CLUSTER_UNREACHABLE'
  /** The store did not answer a change: it may have been made, or be made later. */
  | 'CLUSTER_OUTCOME_UNKNOWN'
  /** A revision to watch from is no longer kept. */
  | 'CLUSTER_COMPACTED'
  /** The store does not let this user in, or not do this. */
  | 'CLUSTER_DENIED'
  /** The store has lost what a host knows of its cluster. */
  | 'CLUSTER_DATA_LOST'
  /** No pools have been settled for this cluster, or others than are asked for. */
  | 'CLUSTER_POOLS'
  /** Another host uses the name of this one. */
  | 'CLUSTER_NAME_TAKEN'
  /** No block is free. */
  | 'CLUSTER_EXHAUSTED'
  /** What is asked to be reclaimed is of a host that is alive. */
  | 'CLUSTER_HOST_ALIVE'

/**
 * What is wrong with a certificate, where that keeps a store and a host apart. `own`: the store does not accept the one of
 * this host. The others are of the certificate of the store.
 * @public @since 0.1.0
 */
export type CertificateFault = 'own' | 'own-expired' | 'expired' | 'not-yet-valid' | 'authority' | 'name'

/**
 * Why a store does not let a host in, or not do something. `unnamed`: it asks for a user, and none is named. `unknown`: it has
 * no such user with the password that was given. `unwanted`: it has no users, and one is named. `not-allowed`: the user
 * lacks a permission.
 * @public @since 0.1.0
 */
export type UserFault = 'unnamed' | 'unknown' | 'unwanted' | 'not-allowed'

/**
 * Blocks of a cluster that could not be had, and why.
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
  /** Where a certificate is what went wrong. */
  declare readonly certificate?: CertificateFault
  /** Where the user is what went wrong. */
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
 * The code of an error of a store of blocks; null for any other error. An adapter may have a copy of this package of its
 * own, so that its errors are of another class.
 * @example
 * blockStoreErrorCode(new BlockStoreError('CLUSTER_COMPACTED', 'read again')) // 'CLUSTER_COMPACTED'
 * @public @since 0.1.0
 */
export const blockStoreErrorCode = (error: unknown): BlockStoreErrorCode | null => {
  if (!(error instanceof Error) || !names.includes(error.name) || !('code' in error)) return null
  return typeof error.code === 'string' ? (error.code as BlockStoreErrorCode) : null
}

const names: readonly string[] = ['BlockStoreError', 'BlocksExhaustedError']
