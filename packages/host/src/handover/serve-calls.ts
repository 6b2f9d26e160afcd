import type { Socket } from 'node:net'
import { afterSilence } from '../turn/after-silence.ts'
import { byLine, type HandedAnswer, type HandedCall, handle, line, type Said, sameKind } from './messages.ts'

/**
 * How long to wait for a call, in milliseconds. A client that may go on sends its call at once, unless it is stopped.
 */
const CALL_MS = 5000

/**
 * A call that was handed over.
 * @public @since 0.1.0
 */
export interface ServedCall extends HandedCall {
  readonly warn: (text: string) => void
}

/**
 * Serves the calls that `listenForCalls` hands to this process, one after the other, as each changes the host. When the
 * parent ends, the process finishes the calls that it has accepted, and ends too.
 * @param serve - carries a call out; null: this process cannot do it in the caller's place
 * @example
 * const start = (): void => serveCalls(async ({ plugin }) => ({ exitCode: 0, stdout: plugin }))
 * @public @since 0.1.0
 */
export const serveCalls = (serve: (call: ServedCall) => Promise<HandedAnswer | null>): void => {
  let turn: Promise<void> = Promise.resolve()
  const taken: Socket[] = []
  process.on('message', (message, socket) => {
    if (socket !== undefined) {
      taken.push(socket as Socket)
      // If the parent is gone, the accepted calls still go on: `disconnect` comes next.
      process.send?.(handle.taken, undefined, undefined, () => {})
    } else if (sameKind(message, handle.yours)) {
      const next = taken.shift()
      if (next !== undefined) receive(next, serve, (work) => (turn = turn.then(work, work)))
    }
  })
  process.on('disconnect', () => {
    void turn.finally(() => process.exit())
  })
  // These signals are meant for the parent. On SIGUSR1 Node would open its debugger.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {})
}

const receive = (
  socket: Socket,
  serve: (call: ServedCall) => Promise<HandedAnswer | null>,
  inTurn: (work: () => Promise<void>) => void,
): void => {
  const say = (said: Said): boolean => socket.writable && socket.write(line(said))
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  say({ kind: 'heard' })
  inTurn(
    () =>
      new Promise((resolve) => {
        const end = (): void => {
          heard()
          socket.end()
          resolve()
        }
        // A call that comes after this is not read. The client sees the end of the connection, and does the work
        // itself.
        const heard = afterSilence(CALL_MS, () => socket.destroy())
        socket.on('close', end)
        const hear = byLine((value) => {
          heard()
          socket.off('close', end)
          const warn = (text: string): void => void say({ kind: 'warn', text })
          serve({ ...(value as HandedCall), warn })
            .then((answer) => say(answer === null ? { kind: 'refused' } : { kind: 'answer', answer }))
            .catch(() => {})
            .finally(end)
        }, end)
        socket.on('data', hear)
        socket.resume()
        // A client that stopped waiting is gone, or goes now.
        if (socket.destroyed || !say({ kind: 'ready' })) end()
      }),
  )
}
