import { connect, createServer, type Server, type Socket } from 'node:net'
import { PortolanError } from '@portolan/core'
import { type LockHolder, lockHolder } from './lock-holder.ts'

/** @public @since 0.1.0 */
export interface HostLockOptions {
  /** How long to wait for the lock before giving up; a minute unless told. 0 does not wait. */
  readonly timeoutMs?: number
  /** Called once, when the lock is held by someone else and the waiting begins. */
  readonly onWait?: (holder: LockHolder | null) => void
}

/**
 * An abstract socket (unix(7)) belongs to a network namespace, as rules and links do; the kernel takes it back
 * when its process dies, however it dies; and it leaves no file behind. The name fills `sun_path` (108 bytes with
 * the NUL ahead of it): Node 20 pads a shorter one with NULs and Node 24 does not, so that the two would take
 * two different locks (measured).
 */
const NAME = 'portolan-apply'.padEnd(107, '-')

/** The longest wait between two attempts when the holder's end was not noticed. */
const RETRY_MS = 250
const REFUSED_MS = 20

/**
 * Runs something while no other process changes this network namespace through Portolan.
 *
 * @param work - what to do; its outcome is the outcome, and the lock is given up whatever that is. It must not
 * ask for the lock again.
 * @throws PortolanError (`LOCKED`) when another process held the lock all the time
 * @example
 * await withHostLock(() => apply(plan), { onWait: (holder) => console.error(`waiting for ${holder?.pid}`) })
 * @public @since 0.1.0
 */
export const withHostLock = async <T>(
  work: () => T | Promise<T>,
  options: HostLockOptions = {},
): Promise<T> => {
  const release = await acquire(options)
  try {
    return await work()
  } finally {
    await release()
  }
}

const acquire = async (options: HostLockOptions): Promise<() => Promise<void>> => {
  const timeoutMs = options.timeoutMs ?? 60_000
  const deadline = performance.now() + timeoutMs
  let release = await tryToAcquire()
  if (release === null && timeoutMs > 0) options.onWait?.(lockHolder(NAME))
  while (release === null) {
    const leftMs = deadline - performance.now()
    if (leftMs <= 0) throw locked(timeoutMs)
    await holderGone(Math.min(RETRY_MS, leftMs))
    release = await tryToAcquire()
  }
  return release
}

/** Takes the lock if it is free. Those who wait are kept connected, so that its end wakes them. */
const tryToAcquire = (): Promise<(() => Promise<void>) | null> =>
  new Promise((resolve, reject) => {
    const waiters = new Set<Socket>()
    const server = createServer((waiter) => {
      waiters.add(waiter)
      waiter.on('error', () => waiter.destroy())
      waiter.on('close', () => waiters.delete(waiter))
      waiter.unref()
    })
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null)
      else
        reject(
          new PortolanError('LOCK', `The host lock could not be taken: ${error.message}.`, { cause: error }),
        )
    })
    server.listen(`\0${NAME}`, () => {
      server.unref()
      resolve(() => closeServer(server, waiters))
    })
  })

const closeServer = (server: Server, waiters: ReadonlySet<Socket>): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    for (const waiter of waiters) waiter.destroy()
  })

/** Resolves when the holder lets go or dies, at the latest after `timeoutMs`. */
const holderGone = (timeoutMs: number): Promise<void> =>
  new Promise((resolve) => {
    const connection = connect(`\0${NAME}`)
    let wakeUp = setTimeout(() => connection.destroy(), timeoutMs)
    connection.on('end', () => connection.destroy())
    // Refused: the holder has just gone, or does not listen, which must not become a busy loop.
    connection.on('error', () => {
      clearTimeout(wakeUp)
      wakeUp = setTimeout(resolve, Math.min(REFUSED_MS, timeoutMs))
    })
    connection.on('close', (failed) => {
      if (failed) return
      clearTimeout(wakeUp)
      resolve()
    })
    connection.resume()
  })

const locked = (timeoutMs: number): PortolanError => {
  const holder = lockHolder(NAME)
  const who = holder === null ? 'Another process' : `The process ${holder.name} (PID ${holder.pid})`
  return new PortolanError(
    'LOCKED',
    `${who} has been changing this host's network for longer than ${timeoutMs} ms. Wait until it ends, or end it, and run this again.`,
  )
}
