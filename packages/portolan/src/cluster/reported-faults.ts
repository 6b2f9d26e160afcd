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
export interface ReportedFaults {
  /** Adds a fault. @returns true for the first one of its kind since `end` */
  add(error: BlockStoreError): boolean
  /** Ends the outage. @returns true when a fault was reported */
  end(): boolean
}

export const reportedFaults = (): ReportedFaults => {
  /** The reported kinds; null: the store did not answer. */
  const kinds = new Set<CertificateFault | UserFault | 'CLUSTER_DATA_LOST' | null>()
  return {
    add: ({ certificate, user, code }) => {
      const fault = certificate ?? user ?? (code === 'CLUSTER_DATA_LOST' ? code : null)
      const isNew = !kinds.has(fault)
      kinds.add(fault)
      return isNew
    },
    end: () => {
      const wasAway = kinds.size > 0
      kinds.clear()
      return wasAway
    },
  }
}
