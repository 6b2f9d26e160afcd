import { PortolanError } from '@portolan/netfilter'

/** The result of work, or the error that stopped it. */
export const outcomeOf = <Result>(work: Promise<Result>): Promise<Result | PortolanError> =>
  work.catch((error: unknown) => {
    if (error instanceof PortolanError) return error
    throw error
  })

/** The error that stopped work; null: the work was done. */
export const failureOf = async (work: Promise<void>): Promise<PortolanError | null> =>
  (await outcomeOf(work)) ?? null
