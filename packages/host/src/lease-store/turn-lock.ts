import { closeSync, constants, linkSync, openSync, readdirSync, statSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { errorCode } from '@portolan/netfilter/schema'
import { randomBytes } from '../file/random-bytes.ts'
import { removeSocket } from '../file/remove-socket.ts'
import { takeFileLock } from '../lock/file-lock.ts'

/** Gives up a turn. The turn is free at once. The promise is fulfilled when its sockets are closed. */
export type Release = () => Promise<void>

/** The longest wait between two attempts, for the case that the end of the holder goes unnoticed. */
const RETRY_MS = 250
const OLD_MS = 60_000
const TURN = 'leases.turn'

/**
 * Takes the turn of a directory, which one process has at a time. The turn is the name `leases.turn`, which leads to a
 * socket of its holder. Only a process that may write to the directory can take it. Taking it costs a tenth of
 * flock(1), which would have to be started each time (measured: 0.15 ms and 1.6 ms).
 *
 * link(2) makes the name once the socket listens, and fails where the name exists. So the kernel refuses connections to
 * it only when its holder is dead. A process that waits then removes the name, under a lock.
 *
 * @returns null when other processes had the turn until the timeout
 * @throws what the file system says
 */
export const takeTurn = async (directory: string, timeoutMs: number): Promise<Release | null> => {
  const deadline = performance.now() + timeoutMs
  // The path goes through a descriptor, because the path of a socket has at most 107 bytes (unix(7)).
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  const folder = `/proc/self/fd/${descriptor}`
  const waiters = new Set<Socket>()
  const name = `${folder}/.turn-${randomBytes(8).toString('hex')}`
  let server: Server | null = null
  const close = async (): Promise<void> => {
    if (server !== null) await closeServer(server, waiters)
    closeSync(descriptor)
  }
  try {
    server = await listen(name, waiters)
    while (!isLinked(name, `${folder}/${TURN}`)) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) {
        unlinkSync(name)
        await close()
        return null
      }
      const outcome = await holderGone(`${folder}/${TURN}`, Math.min(RETRY_MS, leftMs))
      if (outcome === 'dead') await removeDead(directory, folder, leftMs)
    }
    unlinkSync(name)
  } catch (error) {
    await close()
    throw error
  }
  return () => {
    unlinkSync(`${folder}/${TURN}`)
    return close()
  }
}

/**
 * Links the socket to the name of the turn.
 * @returns false when the name is taken
 */
const isLinked = (from: string, to: string): boolean => {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Listens on a socket. The connections of waiting processes are kept open, so that the end of the turn wakes them. */
const listen = (path: string, waiters: Set<Socket>): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((waiter) => {
      waiters.add(waiter)
      waiter.on('error', () => waiter.destroy())
      waiter.on('close', () => waiters.delete(waiter))
      waiter.unref()
    })
    server.once('error', reject)
    server.listen(path, () => resolve(server.unref()))
  })

const closeServer = (server: Server, waiters: ReadonlySet<Socket>): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    for (const waiter of waiters) waiter.destroy()
  })

/** Resolves when the holder gives up its turn or has died, or after `timeoutMs`. */
const holderGone = (path: string, timeoutMs: number): Promise<'dead' | 'perhaps'> =>
  new Promise((resolve) => {
    const connection = connect(path)
    const wakeUp = setTimeout(() => connection.destroy(), timeoutMs)
    let outcome: 'dead' | 'perhaps' = 'perhaps'
    connection.on('end', () => connection.destroy())
    connection.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') outcome = 'dead'
    })
    connection.on('close', () => {
      clearTimeout(wakeUp)
      resolve(outcome)
    })
    connection.resume()
  })

/**
 * Removes the name of a dead holder. One process at a time does so, and only while the name still leads to the socket
 * that refused. A holder that is alive removes its name before it closes its socket.
 */
const removeDead = async (directory: string, folder: string, timeoutMs: number): Promise<void> => {
  const lock = await takeFileLock(join(directory, 'leases.lock'), timeoutMs)
  if (lock === null) return
  try {
    const turn = `${folder}/${TURN}`
    const before = identity(turn)
    if (before !== null && (await holderGone(turn, RETRY_MS)) === 'dead' && identity(turn) === before)
      unlinkSync(turn)
    await removeLeftOver(folder)
  } finally {
    lock.release()
  }
}

/**
 * Removes the sockets of processes that were killed while they waited. A young socket stays: it may be about to listen.
 */
const removeLeftOver = async (folder: string): Promise<void> => {
  for (const name of readdirSync(folder).filter((one) => one.startsWith('.turn-'))) {
    const path = `${folder}/${name}`
    // `bigint` is needed for sockets, as `file/read-bytes.ts` explains.
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (found === undefined || Date.now() - Number(found.ctimeMs) < OLD_MS) continue
    if ((await holderGone(path, RETRY_MS)) === 'dead') removeSocket(path)
  }
}

/** Identifies a socket. An inode number may be reused at once, but not with the same change time. */
const identity = (path: string): string | null => {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? null : `${found.ino} ${found.ctimeNs}`
}
