import { connect, createServer, type Server, type Socket } from 'node:net'
import { PortolanError } from '@portolan/core'

/** Gives a lock up. It is free at once; the promise is fulfilled when nothing of it is left in this process. */
export type Release = () => Promise<void>

/** The longest wait between two attempts when the holder's end was not noticed. */
const RETRY_MS = 250
const REFUSED_MS = 20

/** `sun_path` has 108 bytes (unix(7)), of which the NUL ahead of an abstract name is one. */
const LONGEST = 107

/**
 * The name of a lock, at its full length: Node 20 pads a shorter one with NULs and Node 24 does not, so that the two
 * would take two different locks (measured).
 */
export const lockName = (text: string): string => text.padEnd(LONGEST, '-').slice(0, LONGEST)

/**
 * Takes a lock that only one process of this network namespace has: an abstract socket (unix(7)). The kernel takes
 * it back when its process dies, however it dies, and it leaves no file behind.
 *
 * @param name - as `lockName` gives it
 * @param onWait - called once, when somebody else has it and the waiting begins
 * @returns null when somebody else had it all the time
 * @throws PortolanError `LOCK` when the kernel refuses such a socket
 */
export const takeSocketLock = async (
  name: string,
  timeoutMs: number,
  onWait: () => void = () => {},
): Promise<Release | null> => {
  const deadline = performance.now() + timeoutMs
  let release = await tryToTake(name)
  if (release === null && timeoutMs > 0) onWait()
  while (release === null) {
    const leftMs = deadline - performance.now()
    if (leftMs <= 0) return null
    await holderGone(name, Math.min(RETRY_MS, leftMs))
    release = await tryToTake(name)
  }
  return release
}

/** Takes the lock if it is free. Those who wait are kept connected, so that its end wakes them. */
const tryToTake = (name: string): Promise<Release | null> =>
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
        reject(new PortolanError('LOCK', `The lock could not be taken: ${error.message}.`, { cause: error }))
    })
    server.listen(`\0${name}`, () => {
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
const holderGone = (name: string, timeoutMs: number): Promise<void> =>
  new Promise((resolve) => {
    const connection = connect(`\0${name}`)
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
