import { PortolanError } from '@portolan/netfilter'

/** What something came to, or why it could not be done. */
export const outcomeOf = <Result>(work: Promise<Result>): Promise<Result | PortolanError> =>
  work.catch((error: unknown) => {
    if (error instanceof PortolanError) return error
    throw error
  })

/** Why something could not be done; null: it was. */
export const failureOf = async (work: Promise<void>): Promise<PortolanError | null> =>
  (await outcomeOf(work)) ?? null
