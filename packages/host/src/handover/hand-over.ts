import { connect } from 'node:net'
import type { AfterSilence } from '@portolan/core/after-silence'
import { afterSilence } from '../turn/after-silence.ts'
import { byLine, type HandedAnswer, type HandedCall, line, protocol, type Said } from './messages.ts'
import { socketFolder, socketsHere } from './socket-folder.ts'

/**
 * What a plugin hands over.
 * @public @since 0.1.0
 */
export interface HandOver extends HandedCall {
  /** The file that serves calls, of the same version as the caller. */
  readonly server: string
  /** Tells that version from others. */
  readonly version: string
  /** Is told what the server says to be known. */
  readonly warn: (text: string) => void
}

/**
 * A watch that is stopped is not waited for. One that runs answers sooner, but where fifty plugins start at once it has to
 * wait for its turn of the processor, and those that went on by themselves would take it from all.
 */
const HEARD_MS = 10_000

/**
 * Hands a call over to a `portolan watch` on this host, which has loaded before what it takes.
 *
 * The call itself is sent once the server is ready for it, so what was given up waiting for is not done later. When the
 * connection ends without an answer, the caller does the work itself: what plugins do may be done again.
 *
 * @param folder - the one that watches listen in, unless told
 * @param ofSilence - what waits for one that says nothing, unless told
 * @returns null where no watch took it, or none came to its end
 * @example
 * const answer = await handOver({ server: '/nowhere', version: '', plugin: 'cni', arguments: [], environment: {}, stdin: '', place: '', warn: () => {} })
 * answer // null
 * @public @since 0.1.0
 */
export const handOver = async (
  { server, version, warn, ...call }: HandOver,
  folder: string = socketFolder,
  ofSilence: AfterSilence = afterSilence,
): Promise<HandedAnswer | null> => {
  for (const path of socketsHere(folder)) {
    const taken = await ask(path, line({ protocol, server, version }), line(call), warn, ofSilence)
    if (taken.kind === 'answer') return taken.answer
    // It began, and did not end: nothing else is to begin it again meanwhile.
    if (taken.kind === 'ended') return null
  }
  return null
}

type Taken =
  | { readonly kind: 'answer'; readonly answer: HandedAnswer }
  | { readonly kind: 'ended' }
  | { readonly kind: 'refused' }

const ask = (
  path: string,
  hello: string,
  call: string,
  warn: HandOver['warn'],
  ofSilence: AfterSilence,
): Promise<Taken> =>
  new Promise((resolve) => {
    let isBegun = false
    const socket = connect(path)
    const end = (taken: Taken): void => {
      heard()
      socket.destroy()
      resolve(taken)
    }
    const heard = ofSilence(HEARD_MS, () => end({ kind: 'refused' }))
    const giveUp = (): void => end({ kind: isBegun ? 'ended' : 'refused' })
    const hear = byLine((value) => {
      const said = value as Said
      if (said.kind === 'warn') warn(said.text)
      else if (said.kind === 'answer' || said.kind === 'refused') end(said)
      else if (said.kind === 'heard') heard()
      else if (!isBegun) {
        heard()
        isBegun = true
        socket.write(call)
      }
    }, giveUp)
    socket.setEncoding('utf8')
    socket.on('data', hear)
    socket.on('error', () => {})
    socket.on('close', giveUp)
    socket.write(hello)
  })
