import { connect } from 'node:net'
import type { AfterSilence } from '@portolan/core/after-silence'
import { afterSilence } from '../turn/after-silence.ts'
import { byLine, type HandedAnswer, type HandedCall, line, protocol, type Said } from './messages.ts'
import { socketFolder, socketsHere } from './socket-folder.ts'

/**
 * A call that a plugin hands over.
 * @public @since 0.1.0
 */
export interface HandOver extends HandedCall {
  /** The file that serves calls, of the same version as the caller. */
  readonly server: string
  /** A text that distinguishes that version from others. */
  readonly version: string
  /** Called with each warning of the server. */
  readonly warn: (text: string) => void
}

/**
 * How long to wait for the first word of a watch, in milliseconds: a stopped watch says nothing. A running watch
 * answers sooner. But where fifty plugins start at once, the watch has to wait for the processor. Plugins that gave up
 * and did the work themselves would take the processor from all.
 */
const HEARD_MS = 10_000

/**
 * Hands a call over to a `portolan watch` on this host, which has loaded the needed code already.
 *
 * The call itself is sent once the server is ready for it, so a call that was given up is not carried out later. When
 * the connection ends without an answer, the caller does the work itself: a plugin's work may be done again.
 *
 * @param folder - the folder that watches listen in; absent: the default
 * @param ofSilence - waits for a silent watch; absent: the timers of this process
 * @returns null where no watch took the call, or the watch that took it did not finish it
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
    // The call began and did not end, so no other watch may begin it again meanwhile.
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
