/** The signals of the user or the service manager to this process. */
export interface Signals {
  /** SIGTERM or SIGINT came. */
  readonly stop: AbortSignal
  /** SIGHUP came since the last `rearm`. */
  readonly reload: AbortSignal
  rearm(): void
  close(): void
}

/** Listens for these signals from now on. */
export const followSignals = (): Signals => {
  const stopped = new AbortController()
  let reloaded = new AbortController()
  const stop = (): void => stopped.abort()
  const reload = (): void => reloaded.abort()
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', reload)
  return {
    stop: stopped.signal,
    get reload() {
      return reloaded.signal
    },
    rearm: () => {
      reloaded = new AbortController()
    },
    close: () => void process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', reload),
  }
}
