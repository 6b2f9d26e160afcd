import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** The sockets that requests have opened and that are not connected yet. */
export interface PendingSockets {
  /** Runs work that may open a connection. */
  during<Result>(work: () => Promise<Result>): Promise<Result>
  /** Gives up the sockets that are not connected, and later ones too. */
  close(): void
}

const context = new AsyncLocalStorage<(socket: Socket) => void>()
let isHeard = false

/**
 * Tracks the sockets of requests. gRPC does not give up a connection attempt. To a server that is off, or whose packets
 * are lost, Linux tries for two minutes. A program that got all it needs from another server would not end before.
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
    // The event comes before the socket begins to connect.
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
