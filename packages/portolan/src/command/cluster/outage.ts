import { BlockStoreError } from '@portolan/core'
import type { Terminal } from '../terminal.ts'

/** Tells once that etcd does not answer, however often and in whatever words that is found, and once that it does again. */
export interface Outage {
  /** What else may fail is told again where its words have changed; etcd has answered then. */
  failed(error: unknown): void
  /** @param now - what is so again */
  answered(now: string): void
}

/** @param meanwhile - what is said after why etcd does not answer */
export const openOutage = (terminal: Pick<Terminal, 'say'>, meanwhile = ''): Outage => {
  let isAway = false
  let said = ''
  return {
    failed: (error) => {
      const { message } = error as Error
      const text = meanwhile === '' ? message : `${message} ${meanwhile}`
      if (isOutage(error) ? !isAway : message !== said) terminal.say(`portolan: ${text}`)
      isAway = isOutage(error)
      said = message
    },
    answered: (now) => {
      if (isAway) terminal.say(`portolan: etcd answers again: ${now}`)
      isAway = false
      said = ''
    },
  }
}

const isOutage = (error: unknown): boolean =>
  error instanceof BlockStoreError &&
  (error.code === 'CLUSTER_UNREACHABLE' || error.code === 'CLUSTER_OUTCOME_UNKNOWN')
