import { PortolanError } from '@portolan/netfilter'

/** Why something could not be done; null: it was. */
export const failureOf = (work: Promise<void>): Promise<PortolanError | null> =>
  work.then(
    () => null,
    (error: unknown) => {
      if (error instanceof PortolanError) return error
      throw error
    },
  )
