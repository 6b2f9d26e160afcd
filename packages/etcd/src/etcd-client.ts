import { InvalidRequestError } from '@portolan/netfilter'
import { noop } from 'cockatiel'
import { Etcd3, type IOptions } from 'etcd3'
import { afterSilence } from './after-silence.ts'
import type { EtcdStoreOptions } from './etcd-store-options.ts'
import { wordsOf } from './refusal.ts'

/** The types of grpc-js. They are derived from etcd3's types, because only etcd3 depends on grpc-js. */
type CallOptions = ReturnType<
  Extract<NonNullable<IOptions['defaultCallOptions']>, (...given: never[]) => unknown>
>
type Interceptor = NonNullable<CallOptions['interceptors']>[number]

/** Pings find a silent server on an open stream too. etcd refuses pings that come more often than every 5 s. */
const pings = { 'grpc.keepalive_time_ms': 10_000, 'grpc.keepalive_timeout_ms': 5_000 }

/**
 * By default gRPC asks the nameservers for a service config (TXT) of each name, even where `/etc/hosts` has its
 * addresses. etcd has no service config. A program would not end until gRPC gives up on a silent nameserver, which
 * takes half a minute.
 */
const names = { 'grpc.service_config_disable_resolution': 1 }

/** The default time that a server may take over a request. */
export const TIMEOUT_MS = 5_000

/** All keys of a large cluster arrive in one message. */
const sizes = { 'grpc.max_receive_message_length': -1 }

const pem = (text: string | null): Buffer | undefined => (text === null ? undefined : Buffer.from(text))

/** gRPC's status DEADLINE_EXCEEDED. */
const OUT_OF_TIME = 4

/**
 * The options of each call. A server without a majority refuses requests and watches instead of letting them wait. etcd
 * does this for calls that ask for it, as its own client does (`WithRequireLeader`). A request is given up after a time
 * that does not depend on the clock. A deadline of gRPC is a time of day: when the clock is set meanwhile, as at boot,
 * the request would end at once or a day later.
 *
 * @param timeoutMs - null: the call is a stream
 */
const interceptor =
  (timeoutMs: number | null): Interceptor =>
  (options, next) => {
    const call = next(options)
    const start = call.start.bind(call)
    call.start = (metadata, listener) => {
      metadata.set('hasleader', 'true')
      const giveUp = (): void => call.cancelWithStatus(OUT_OF_TIME, `no answer within ${timeoutMs} ms`)
      const answered = timeoutMs === null ? () => {} : afterSilence(timeoutMs, giveUp)
      start(metadata, {
        ...listener,
        onReceiveStatus: (status) => {
          answered()
          listener?.onReceiveStatus?.(status)
        },
      })
    }
    return call as ReturnType<Interceptor>
  }

/** The client of one server. It does not repeat a request by itself. */
export const openClient = (
  { tls, user, timeoutMs = TIMEOUT_MS }: Omit<EtcdStoreOptions, 'cluster'>,
  endpoint: string,
): Etcd3 => {
  const isSecure = tls !== undefined && tls !== null
  // Without an authority grpc-js uses those of Node, but the types of etcd3 require one.
  const credentials = isSecure
    ? {
        rootCertificate: pem(tls.ca) as Buffer,
        ...(tls.cert === null || tls.key === null
          ? {}
          : { certChain: Buffer.from(tls.cert), privateKey: Buffer.from(tls.key) }),
      }
    : undefined
  const options: IOptions = {
    hosts: `${isSecure ? 'https' : 'http'}://${endpoint}`,
    grpcOptions: { ...pings, ...sizes, ...names },
    // By default etcd3 sends no request for 5 s to a server that failed three times, even if the server is back.
    faultHandling: { host: () => noop, global: noop },
    ...(credentials === undefined ? {} : { credentials }),
    ...(user === undefined || user === null
      ? {}
      : { auth: { username: user.name, password: user.password } }),
    defaultCallOptions: ({ isStream }) => ({ interceptors: [interceptor(isStream ? null : timeoutMs)] }),
  }
  try {
    return new Etcd3(options)
  } catch (cause) {
    throw new InvalidRequestError(
      `the PEM texts for connections to etcd cannot be used (${wordsOf(cause)}). Give the certificate of this host with the key that it was made with, and the authority of the servers.`,
      { cause },
    )
  }
}
