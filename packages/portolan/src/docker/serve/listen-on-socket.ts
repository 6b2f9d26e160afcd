import { mkdirSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { InvalidRequestError, PermissionError } from '@portolan/netfilter'
import { errorCode, errorMessage } from '@portolan/netfilter/schema'

/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3

/**
 * Listens on a unix socket that only root may use, or on the socket that systemd hands over. systemd listens there
 * already, so calls wait while this program starts.
 *
 * @returns a function that removes the socket; a socket of systemd stays
 * @throws InvalidRequestError when another program serves there
 */
export const listenOnSocket = async (
  server: Server,
  path: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<() => void> => {
  if (isHandedOver(environment)) {
    await listen(server, { fd: FIRST_DESCRIPTOR })
    return () => {}
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  } catch (error) {
    throw refused(path, error)
  }
  await refuseServed(path, environment)
  // This socket was left by a killed process.
  remove(path)
  // The mask sets the mode of the new socket, so no other user can connect at any moment.
  const mask = process.umask(0o177)
  try {
    await listen(server, { path })
  } catch (error) {
    throw refused(path, error)
  } finally {
    process.umask(mask)
  }
  return () => remove(path)
}

/**
 * Refuses to serve at a socket where another program serves. This is asked before the records of calls are read: calls
 * under way in the other program would be taken back, as those of a killed one are.
 *
 * @throws InvalidRequestError when another program serves there
 */
export const refuseServed = async (
  path: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<void> => {
  if (!isHandedOver(environment) && (await isServed(path)))
    throw new InvalidRequestError(`another program serves ${path} already: end that one first.`)
}

const isHandedOver = ({ LISTEN_PID, LISTEN_FDS }: Readonly<Record<string, string | undefined>>): boolean =>
  LISTEN_PID === String(process.pid) && Number(LISTEN_FDS) >= 1

const listen = (server: Server, where: { readonly path: string } | { readonly fd: number }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      resolve()
    })
  })

const isServed = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const remove = (path: string): void => {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw refused(path, error)
  }
}

const refused = (path: string, error: unknown): Error => {
  const code = errorCode(error)
  const message = errorMessage(error)
  if (code === 'EACCES' || code === 'EPERM')
    return new PermissionError(`${path} cannot be listened on: this user may not write there.`, 'root', {
      cause: error,
    })
  return new InvalidRequestError(`${path} cannot be listened on: ${message}.`, { cause: error })
}
