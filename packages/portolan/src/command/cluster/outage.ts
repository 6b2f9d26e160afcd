import { BlockStoreError, type CertificateFault } from '@portolan/core'
import type { Terminal } from '../terminal.ts'

/**
 * Tells once that etcd does not answer, however often and in whatever words that is found, and once that it does again. What
 * is wrong with a certificate is told besides, each fault once: another one may be put in its place meanwhile.
 */
export interface Outage {
  /** What else may fail is told again where its words have changed; etcd has answered then. */
  failed(error: unknown): void
  /** @param now - what is so again */
  answered(now: string): void
}

/** @param meanwhile - what is said after why etcd does not answer */
export const openOutage = (terminal: Pick<Terminal, 'say'>, meanwhile = ''): Outage => {
  /** Null: etcd did not answer. Empty: it does. */
  const away = new Set<CertificateFault | null>()
  let said = ''
  return {
    failed: (error) => {
      const { message } = error as Error
      const text = meanwhile === '' ? message : `${message} ${meanwhile}`
      if (isOutage(error)) {
        const { certificate = null } = error
        if (!away.has(certificate)) terminal.say(`portolan: ${text}`)
        away.add(certificate)
      } else {
        if (message !== said) terminal.say(`portolan: ${text}`)
        away.clear()
      }
      said = message
    },
    answered: (now) => {
      if (away.size > 0) terminal.say(`portolan: etcd answers again: ${now}`)
      away.clear()
      said = ''
    },
  }
}

const isOutage = (error: unknown): error is BlockStoreError =>
  error instanceof BlockStoreError &&
  (error.code === 'CLUSTER_UNREACHABLE' || error.code === 'CLUSTER_OUTCOME_UNKNOWN')
