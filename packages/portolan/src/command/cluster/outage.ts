import { isOutage, type ReportedFaults, reportedFaults } from '../../cluster/reported-faults.ts'
import { type ErrorTerminal, sayError } from '../output/say-error.ts'

/**
 * Prints once that etcd does not answer, however often and in whatever words that is found, and once that it answers
 * again. A fault of a certificate, and a refusal of the user, are printed as well, each fault once. One such fault may
 * follow another.
 */
export interface Outage {
  /** Prints an error. An error that is no outage is printed again when its words change; then etcd has answered. */
  failed(error: unknown): void
  /** @param now - what is true again */
  answered(now: string): void
}

/**
 * @param meanwhile - the sentence after the reason why etcd does not answer
 * @param away - the faults that were printed before
 */
export const openOutage = (
  terminal: ErrorTerminal,
  meanwhile = '',
  away: ReportedFaults = reportedFaults(),
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
