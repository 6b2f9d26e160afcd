import { BlockStoreError, type CertificateFault, type UserFault } from '@portolan/core'

/**
 * Tells whether an error is an outage of the store: no answer, a refused certificate or user, or lost data. Each of
 * these may end, and the host keeps its blocks meanwhile.
 */
export const isOutage = (error: unknown): error is BlockStoreError =>
  error instanceof BlockStoreError && isOutageCode(error.code)

/** Tells whether the code of an error is that of an outage. The error may be that of another process. */
export const isOutageCode = (code: string): boolean =>
  ['CLUSTER_UNREACHABLE', 'CLUSTER_OUTCOME_UNKNOWN', 'CLUSTER_DENIED', 'CLUSTER_DATA_LOST'].includes(code)

/** The faults of an outage that were reported, so that each is reported once. Faults may alternate during an outage. */
export interface ToldFaults {
  /** Adds a fault. @returns true for the first one of its kind since `end` */
  add(error: BlockStoreError): boolean
  /** Ends the outage. @returns true when a fault was reported */
  end(): boolean
}

export const toldFaults = (): ToldFaults => {
  /** The reported kinds; null: the store did not answer. */
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
