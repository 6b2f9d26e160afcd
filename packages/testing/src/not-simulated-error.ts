import { PortolanError } from '@portolan/netfilter'

/**
 * A call needs something that a simulated host does not simulate. Its `code` is `NOT_SIMULATED`.
 * @example
 * const options: object = { fix: true }
 * const refused = await host.plan(intent, options).catch((error) => error.code)
 * refused // 'NOT_SIMULATED'
 * @public @since 0.1.0
 */
export class NotSimulatedError extends PortolanError {
  /**
   * @param what - the subject of the sentence: `plan({ fix: true })`
   * @param why - what the simulated host lacks
   * @param advice - what to do
   */
  constructor(what: string, why: string, advice: string) {
    super('NOT_SIMULATED', `${what} is not simulated: ${why}. ${advice}`)
  }
}
