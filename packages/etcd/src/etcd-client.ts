import { InvalidRequestError } from '@portolan/netfilter'
import { noop } from 'cockatiel'
import { Etcd3, type IOptions } from 'etcd3'
import { afterSilence } from './after-silence.ts'
import type { EtcdStoreOptions } from './etcd-store-options.ts'
import { wordsOf } from './refusal.ts'

/** The types of grpc-js, which only etcd3 depends on. */
type CallOptions = ReturnType<
  Extract<NonNullable<IOptions['defaultCallOptions']>, (...given: never[]) => unknown>
>
type Interceptor = NonNullable<CallOptions['interceptors']>[number]

/** A silent server is noticed on an open stream too. etcd refuses pings that come more often than every 5 s. */
const pings = { 'grpc.keepalive_time_ms': 10_000, 'grpc.keepalive_timeout_ms': 5_000 }

/**
 * gRPC asks the nameservers for a service config (TXT) of each name, though `/etc/hosts` may tell its addresses. etcd has
 * none, and a program does not end before a nameserver that is silent has been given up: half a minute.
 */
const names = { 'grpc.service_config_disable_resolution': 1 }

/** How long a server may take over a request unless told. */
export const TIMEOUT_MS = 5_000

/** All keys of a large cluster come in one message. */
const sizes = { 'grpc.max_receive_message_length': -1 }

const pem = (text: string | null): Buffer | undefined => (text === null ? undefined : Buffer.from(text))

/** DEADLINE_EXCEEDED of gRPC. */
const OUT_OF_TIME = 4

/**
 * What is asked of gRPC for each call. A server that has lost the majority says so, in place of letting requests and
 * watches wait: etcd does where this is asked for, as its own client does (`WithRequireLeader`). A request is given up
 * after a while that no clock measures: gRPC has a deadline by the time of day, and one that is set meanwhile, as at
 * boot, would end the request at once or a day later.
 *
 * @param timeoutMs - null: it is a stream
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

/** The client of one server. It sends nothing again by itself. */
export const openClient = (
  { tls, user, timeoutMs = TIMEOUT_MS }: Omit<EtcdStoreOptions, 'cluster'>,
  endpoint: string,
): Etcd3 => {
  const isSecure = tls !== undefined && tls !== null
  // grpc-js takes an authority that is not given for those of Node; the types of etcd3 ask for one.
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
    // etcd3 would ask a server that failed three times nothing for 5 s, though it is back.
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
      `the texts in PEM that etcd is to be asked with cannot be used (${wordsOf(cause)}). Give the certificate of this host with the key that it was made with, and the authority of the servers.`,
      { cause },
    )
  }
}
