import { BlockStoreError, type CertificateFault, type UserFault } from '@portolan/core'

/**
 * The store does not answer, is kept apart from this host by a certificate, does not let its user in, or has lost its data. All
 * of these may be mended, and blocks are this host's meanwhile.
 */
export const isOutage = (error: unknown): error is BlockStoreError =>
  error instanceof BlockStoreError && isOutageCode(error.code)

/** The same by the code of an error that another process had. */
export const isOutageCode = (code: string): boolean =>
  ['CLUSTER_UNREACHABLE', 'CLUSTER_OUTCOME_UNKNOWN', 'CLUSTER_DENIED', 'CLUSTER_DATA_LOST'].includes(code)

/** Which faults of an outage were told, so that each is told once: another one may come in its place meanwhile. */
export interface ToldFaults {
  /** @returns is it the first one of its kind since `end`? */
  add(error: BlockStoreError): boolean
  /** @returns was any told? */
  end(): boolean
}

export const toldFaults = (): ToldFaults => {
  /** Null: the store did not answer. */
  const told = new Set<CertificateFault | UserFault | 'CLUSTER_DATA_LOST' | null>()
  return {
    add: ({ certificate, user, code }) => {
      const fault = certificate ?? user ?? (code === 'CLUSTER_DATA_LOST' ? code : null)
      const isNew = !told.has(fault)
      told.add(fault)
      return isNew
    },
    end: () => {
      const wasAway = told.size > 0
      told.clear()
      return wasAway
    },
  }
}
