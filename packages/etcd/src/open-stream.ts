import { castGrpcErrorMessage, GRPCDeadlineExceededError, GRPCUnavailableError } from 'etcd3'
import { afterSilence } from './after-silence.ts'
import { TIMEOUT_MS } from './etcd-client.ts'

/** The part of etcd3's stream that is used here. */
interface Stream<Sent, Heard> {
  on(event: 'data', hear: (heard: Heard) => unknown): unknown
  on(event: 'error', hear: (error: Error) => unknown): unknown
  on(event: 'end', hear: () => unknown): unknown
  write(sent: Sent): unknown
  end(): unknown
  cancel(): unknown
}

interface Opened {
  cancel(): void
}

interface StreamUse<Sent, Heard> {
  /** The time that the server may take to answer; 5,000 by default. */
  readonly timeoutMs: number | undefined
  readonly first: Sent
  /**
   * Handles a message.
   * @returns whether the server has accepted the first message
   * @throws when the server has refused it, or ended the stream with an error message
   */
  readonly hear: (heard: Heard) => boolean
  /** Is called when the stream ends after it was accepted. */
  readonly lost: (error: unknown) => void
}

/** Casts an error of a stream that gRPC gave up. etcd3 casts the errors of requests only. */
const castError = (error: Error & { readonly code?: unknown }): Error => {
  if (error.code === 14) return Object.assign(new GRPCUnavailableError(error.message), { cause: error })
  return error.message.includes('etcdserver:') ? castGrpcErrorMessage(error.message) : error
}

/**
 * Ends a stream before it is cancelled. Otherwise etcd3 takes the cancelled stream for a failed server, and closes the
 * connection under all other streams, such as a watch beside the renewals of a lease.
 */
const leave = (stream: Pick<Stream<never, never>, 'end' | 'cancel'>): void => {
  stream.end()
  stream.cancel()
}

/**
 * Opens a stream to one server.
 *
 * @returns once the server has accepted the first message
 * @throws the error of gRPC, or a timeout when the server does not answer: a stream has no deadline of gRPC
 */
export const openStream = async <Sent, Heard>(
  opening: Promise<Stream<Sent, Heard>>,
  { timeoutMs = TIMEOUT_MS, first, hear, lost }: StreamUse<Sent, Heard>,
): Promise<Opened> => {
  const stream = await opening
  let isOpen = false
  return new Promise<Opened>((resolve, reject) => {
    const answered = afterSilence(timeoutMs, () =>
      fail(new GRPCDeadlineExceededError(`no answer within ${timeoutMs} ms`)),
    )
    const fail = (error: unknown): void => {
      answered()
      if (isOpen) {
        lost(error)
        return
      }
      reject(error)
      leave(stream)
    }
    stream.on('data', (heard) => {
      try {
        if (!hear(heard) || isOpen) return
        isOpen = true
        answered()
        resolve({ cancel: () => leave(stream) })
      } catch (error) {
        fail(error)
      }
    })
    stream.on('error', (error) => fail(castError(error)))
    stream.on('end', () => fail(new GRPCUnavailableError('the stream ended')))
    stream.write(first)
  })
}
