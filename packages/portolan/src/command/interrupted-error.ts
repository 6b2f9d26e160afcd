import { setImmediate } from 'node:timers/promises'
import { PortolanError } from '@portolan/netfilter'

/** Control-C at a question, or while the host was read. Nothing has been changed then. */
export class InterruptedError extends PortolanError {
  constructor(options?: { readonly cause?: unknown }) {
    super('INTERRUPTED', 'interrupted. Nothing was changed.', options)
  }
}

/**
 * Waits for some work, or for Control-C.
 * @throws InterruptedError after Control-C; the work may still go on
 */
export const unlessInterrupted = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  let interrupt = (): void => {}
  let isInterrupted = false
  const interruption = new Promise<never>((_resolve, reject) => {
    interrupt = () => {
      isInterrupted = true
      reject(new InterruptedError())
    }
  })
  // This is `on` and not `once`: a second Control-C must not end this process while the first one is told.
  process.on('SIGINT', interrupt)
  try {
    return await Promise.race([work(), interruption])
  } catch (error) {
    // Control-C also ends the programs that were started, and their end may be noticed first.
    await setImmediate()
    await setImmediate()
    if (isInterrupted && !(error instanceof InterruptedError)) throw new InterruptedError({ cause: error })
    throw error
  } finally {
    process.off('SIGINT', interrupt)
  }
}
