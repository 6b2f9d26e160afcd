import { castGrpcErrorMessage, GRPCDeadlineExceededError, GRPCUnavailableError } from 'etcd3'
import { afterSilence } from './after-silence.ts'
import { TIMEOUT_MS } from './etcd-client.ts'

/** What this needs of a stream of etcd3. */
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
  /** How long the server may take until it answers; 5,000 unless told. */
  readonly timeoutMs: number | undefined
  readonly first: Sent
  /**
   * @returns whether the server has taken what was sent first
   * @throws where the server has refused it, or ended the stream by words
   */
  readonly hear: (heard: Heard) => boolean
  /** The stream ended afterwards. */
  readonly lost: (error: unknown) => void
}

/** A stream that gRPC gave up: etcd3 casts the errors of requests, and leaves those of streams as they are. */
const castError = (error: Error & { readonly code?: unknown }): Error => {
  if (error.code === 14) return Object.assign(new GRPCUnavailableError(error.message), { cause: error })
  return error.message.includes('etcdserver:') ? castGrpcErrorMessage(error.message) : error
}

/**
 * etcd3 takes a stream that is cancelled for a server that failed, and closes the connection under all others, such as a
 * watch beside the renewals of a lease; unless the stream was ended before.
 */
const leave = (stream: Pick<Stream<never, never>, 'end' | 'cancel'>): void => {
  stream.end()
  stream.cancel()
}

/**
 * Opens a stream to one server.
 *
 * @returns once the server has taken what was sent first
 * @throws the error of gRPC, or that the server did not answer in time: no deadline of gRPC is on a stream
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
