import {
  ApplyError,
  PermissionError,
  PortolanError,
  type Refusal,
  StaleStateError,
  type Wording,
} from '@portolan/netfilter'

/**
 * Adds a sentence to an error and keeps its class, because callers tell errors apart by class.
 * @param remedy - advice besides the advice of the error itself
 * @internal
 */
export const withMore = (
  error: PortolanError,
  more: string,
  remedy: Refusal['remedy'] = () => '',
): PortolanError => {
  const cause = { cause: error }
  const message = extendRefusal(error, more, remedy)
  if (error instanceof PermissionError) return new PermissionError(message, error.needs, cause)
  if (error instanceof StaleStateError) return new StaleStateError(`${error.message} ${more}`, cause)
  if (error instanceof ApplyError) return new ApplyError(message, error, cause)
  return new PortolanError(error.code, message, cause)
}

/**
 * Adds the changes carried out before an error. An ApplyError lists them; any other error names them in its message.
 *
 * @param applied - descriptions of the changes carried out, in order
 * @internal
 */
export const withApplied = (error: unknown, applied: readonly string[]): unknown => {
  const done = [...applied, ...(error instanceof ApplyError ? error.applied : [])]
  if (error instanceof ApplyError) {
    const { stderr, offending, certain } = error
    // The failed part may be in force, so "Nothing was changed." is said only when that is certain.
    const outcome = done.length > 0 ? inForce(done) : certain ? 'Nothing was changed.' : ''
    return new ApplyError(
      extendRefusal(error, outcome, done.length > 0 ? goOn : () => ''),
      { applied: done, stderr, offending, certain },
      { cause: error },
    )
  }
  if (done.length === 0) return error
  if (error instanceof PortolanError) return withMore(error, inForce(done), goOn)
  const said = error instanceof Error ? error.message : String(error)
  return new ApplyError(
    { problem: `${said} ${inForce(done)}`, remedy: goOn },
    { applied: done, stderr: said },
    { cause: error },
  )
}

const inForce = (done: readonly string[]): string =>
  `${done.length === 1 ? '1 change' : `${done.length} changes`} before it ${done.length === 1 ? 'is' : 'are'} in force, the last one: "${done.at(-1)}"`

const goOn = ({ apply }: Wording): string =>
  apply === null
    ? 'Do the same again: it continues from there.'
    : 'Run apply again to go on, or destroy to take them back.'

const extendRefusal = (error: PortolanError, more: string, remedy: Refusal['remedy']): Refusal => ({
  problem: [error.problem, more].filter((part) => part !== '').join(' '),
  remedy: (wording) => [error.remedy(wording), remedy(wording)].filter((part) => part !== '').join(' '),
})
