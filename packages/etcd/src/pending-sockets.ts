import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** The sockets that requests have opened. */
export interface PendingSockets {
  /** Carries out what may open a connection. */
  during<Result>(work: () => Promise<Result>): Promise<Result>
  /** Gives up those that are not connected, now and later. */
  close(): void
}

const context = new AsyncLocalStorage<(socket: Socket) => void>()
let isHeard = false

/**
 * gRPC does not give up a connection that it has begun: to a server that is off, whose packets are lost, Linux tries for
 * two minutes, and a program that has all it wants from another server would not end before.
 */
export const pendingSockets = (): PendingSockets => {
  if (!isHeard) subscribe('net.client.socket', (message) => context.getStore()?.(socketOf(message)))
  isHeard = true
  const pending = new Set<Socket>()
  let isClosed = false
  const hear = (socket: Socket): void => {
    const forget = (): void => void pending.delete(socket)
    pending.add(socket)
    socket.once('connect', forget).once('close', forget)
    // It is told before it begins to connect.
    if (isClosed) setImmediate(() => socket.destroy())
  }
  return {
    during: (work) => context.run(hear, work),
    close: () => {
      isClosed = true
      for (const socket of pending) socket.destroy()
    },
  }
}

const socketOf = (message: unknown): Socket => (message as { readonly socket: Socket }).socket
