import { isOutage, type ToldFaults, toldFaults } from '../../cluster/told-faults.ts'
import { type ErrorTerminal, sayError } from '../output/say-error.ts'

/**
 * Tells once that etcd does not answer, however often and in whatever words that is found, and once that it does again. What
 * is wrong with a certificate, or why etcd does not let the user in, is told besides, each fault once: another one may be put
 * in its place meanwhile.
 */
export interface Outage {
  /** What else may fail is told again where its words have changed; etcd has answered then. */
  failed(error: unknown): void
  /** @param now - what is so again */
  answered(now: string): void
}

/**
 * @param meanwhile - what is said after why etcd does not answer
 * @param away - what was told of it before
 */
export const openOutage = (
  terminal: ErrorTerminal,
  meanwhile = '',
  away: ToldFaults = toldFaults(),
): Outage => {
  let said = ''
  return {
    failed: (error) => {
      const { message } = error as Error
      const text = meanwhile === '' ? message : `${message} ${meanwhile}`
      if (isOutage(error)) {
        if (away.add(error)) terminal.say(`portolan: ${text}`)
      } else {
        if (message !== said) sayError(terminal, error, text)
        away.end()
      }
      said = message
    },
    answered: (now) => {
      if (away.end()) terminal.say(`portolan: etcd answers again: ${now}`)
      said = ''
    },
  }
}
