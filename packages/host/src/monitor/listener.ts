import { type ChildProcess, spawn } from 'node:child_process'
import { PermissionError, PortolanError } from '@portolan/netfilter'
import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { rawNetlinkFile } from '../netlink/raw-netlink.ts'
import {
  type Datagram,
  type ListenerMessage,
  type ListenerRequest,
  listenerArguments,
  type Subscription,
} from './listening-process.ts'

/** Netlink sockets of multicast groups. They are opened again after a loss. */
export interface Listener {
  /**
   * Sends a request to the kernel through the socket of a protocol. A restarted process does not repeat earlier
   * requests.
   */
  request(protocol: number, bytes: Uint8Array): void
  /** Sets whether it keeps this process alive. At first it does. */
  hold(isHeld: boolean): void
  /** Resolves when its process has ended. */
  close(): Promise<void>
}

export interface ListenerEvents {
  /** The sockets have joined their groups: at the start, and again after each loss. */
  subscribed(): void
  received(datagram: Datagram): void
  /** The sockets are closed and will not be opened again. */
  failed(error: Error): void
}

/** The pauses before a process that keeps ending is started again: 50 ms, 100 ms, ... up to 2 s. */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000
/** How many failed subscriptions in a row end the attempts. */
const MOST_FAILURES = 5

/**
 * Starts to listen, with a process of its own (see `listening-process.ts`) in the network namespace of this process.
 */
export const startListener = (
  subscriptions: readonly Subscription[],
  events: ListenerEvents,
  bufferBytes?: number,
): Listener => {
  const library = rawNetlinkFile()
  let child: ChildProcess | null = null
  let pause: NodeJS.Timeout | null = null
  let ended: Promise<void> = Promise.resolve()
  let held = true
  let open = true
  let isFirst = true
  /** Whether a process has passed on what the kernel sent. One that never gets so far is not started for ever. */
  let hasAnswered = false
  /** How many processes in a row ended before they had listened for the longest pause. */
  let shortLived = 0
  /** How many processes in a row could not subscribe or, before the first answer, ended. */
  let failures = 0

  const fail = (error: Error): void => {
    if (!open) return
    open = false
    events.failed(error)
  }

  const start = (): void => {
    let isReady = false
    let why: { readonly code: string; readonly reason: string } = {
      code: 'unknown',
      reason: 'it ended at once',
    }
    let steady: NodeJS.Timeout | null = null
    const refused = (error: unknown): void => {
      why = { code: errorCode(error) || 'unknown', reason: errorMessage(error) }
      end()
    }
    const hear = (told: ListenerMessage): void => {
      if (told.kind === 'datagrams') {
        if (!hasAnswered) failures = 0
        hasAnswered = true
        for (const datagram of told.datagrams) events.received(datagram)
      } else if (told.kind === 'failed') why = told
      else {
        isReady = true
        isFirst = false
        if (hasAnswered) failures = 0
        steady = setTimeout(() => {
          shortLived = 0
        }, LONGEST_PAUSE_MS).unref()
        events.subscribed()
      }
    }
    const end = (): void => {
      if (steady !== null) clearTimeout(steady)
      if (!open) return
      if (!isReady || !hasAnswered) failures += 1
      if ((!isReady && isFirst) || failures >= MOST_FAILURES) {
        fail(subscribeError(why))
        return
      }
      // The loss is reported once the process listens again. Only a reading of the host after that misses no change.
      pause = setTimeout(start, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** shortLived))
      shortLived += 1
      applyHold()
    }
    let process_: ChildProcess
    try {
      process_ = spawn(process.execPath, [...listenerArguments(library, subscriptions, bufferBytes)], {
        env: environment(),
        // Any folder will do. The folder of this process may have to be unmounted.
        cwd: '/',
        // Its output is of no use: its exit says enough.
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        serialization: 'advanced',
      })
    } catch (error) {
      // Node throws errors such as ENOMEM, and reports others by the event `error` (lib/internal/child_process.js).
      // So does this: at the first start, the caller has no listener yet.
      ended = Promise.resolve().then(() => refused(error))
      return
    }
    child = process_
    applyHold()
    process_.on('message', (message) => {
      if (open) hear(message as ListenerMessage)
    })
    ended = new Promise((resolve) => {
      const gone = (handle: () => void): void => {
        if (child === process_) {
          child = null
          handle()
        }
        resolve()
      }
      process_.on('error', (error) => gone(() => refused(error)))
      // `close` comes after `exit`, when the messages that the process sent before its end have been read.
      process_.on('close', () => gone(end))
    })
  }

  const applyHold = (): void => {
    for (const handle of [child, child?.channel, pause]) {
      if (held) handle?.ref()
      else handle?.unref()
    }
  }

  start()
  return {
    request: (protocol, bytes) => {
      if (child?.connected === true) child.send({ protocol, bytes } satisfies ListenerRequest, () => {})
    },
    hold: (isHeld) => {
      held = isHeld
      // With `close` called, the end of the process is awaited in any case.
      if (open) applyHold()
    },
    close: async () => {
      open = false
      if (pause !== null) clearTimeout(pause)
      child?.ref()
      child?.kill('SIGKILL')
      await ended
    },
  }
}

/**
 * The environment of the listening process, without Node options that are meant for this one (`--inspect`,
 * `--require`).
 */
const environment = (): NodeJS.ProcessEnv => {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...others } = process.env
  return others
}

const subscribeError = ({ code, reason }: { readonly code: string; readonly reason: string }): Error =>
  code === 'EPERM'
    ? new PermissionError(
        'Could not listen for changes of the rules: that needs the capability CAP_NET_ADMIN. Run this as root.',
        'CAP_NET_ADMIN',
      )
    : new PortolanError(
        'NETLINK',
        `Could not listen for changes of the host: the process that holds the netlink sockets did not start (${reason}, ${code}). Start this again. If that does not help, check that Node can be run here (${process.execPath}).`,
      )
