import { ApplyError, PermissionError, PortolanError, StaleStateError } from '@portolan/netfilter'

/**
 * The error with another message: of the same class, as callers tell them apart by it.
 * @internal
 */
export const withMessage = (error: PortolanError, message: string): PortolanError => {
  const cause = { cause: error }
  if (error instanceof PermissionError) return new PermissionError(message, error.needs, cause)
  if (error instanceof StaleStateError) return new StaleStateError(message, cause)
  if (error instanceof ApplyError) return new ApplyError(message, error, cause)
  return new PortolanError(error.code, message, cause)
}

/**
 * The error with what had been done before it: an ApplyError lists it, and every other says so.
 *
 * @param applied - descriptions of what was done, in order
 * @internal
 */
export const withApplied = (error: unknown, applied: readonly string[]): unknown => {
  const done = [...applied, ...(error instanceof ApplyError ? error.applied : [])]
  if (error instanceof ApplyError) {
    const { message, stderr, offending, certain } = error
    // "Nothing was changed" would be taken for the whole truth, where what failed may be in force.
    const outcome = done.length > 0 ? ` ${inForce(done)}` : certain ? ' Nothing was changed.' : ''
    return new ApplyError(
      `${message}${outcome}`,
      { applied: done, stderr, offending, certain },
      { cause: error },
    )
  }
  if (done.length === 0) return error
  if (error instanceof PortolanError) return withMessage(error, `${error.message} ${inForce(done)}`)
  const said = error instanceof Error ? error.message : String(error)
  return new ApplyError(`${said} ${inForce(done)}`, { applied: done, stderr: said }, { cause: error })
}

const inForce = (done: readonly string[]): string =>
  `${done.length === 1 ? '1 change' : `${done.length} changes`} before it ${done.length === 1 ? 'is' : 'are'} in force, the last one: "${done.at(-1)}" Run apply again to go on, or destroy to take them back.`
