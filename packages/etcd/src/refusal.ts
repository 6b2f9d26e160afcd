import type { CertificateFault, UserFault } from '@portolan/core'
import { hostOf, isSocketFile } from './check-endpoints.ts'
import type { EtcdStoreOptions } from './etcd-store-options.ts'

/** The servers that were asked, and the credentials of this host. */
export type Asked = Pick<EtcdStoreOptions, 'endpoints' | 'tls' | 'user'>

/** The reason why a server that answers and this host cannot work together, with its remedy. */
export interface Refusal {
  /** `user`: the request was refused for its user. `tls`: no connection was made to send it on. */
  readonly kind: 'user' | 'tls'
  /** The fault, where the reason is a certificate. */
  readonly certificate?: CertificateFault
  /** The fault, where the reason is the user. */
  readonly user?: UserFault
  readonly why: string
  readonly remedy: string
}

/** The words of an error, without the additions of gRPC and OpenSSL. */
export const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    // gRPC adds its own status and the state of its resolver to the words of the system.
    .replace(/^.*Last error: /s, '')
    .replace(/\.? Resolution note:.*$/s, '')
    .replace(/^(\w*Error: )?(\d+ [A-Z_]+: )?/, '')
    .replace(/^Error( \[\w+\])?: /, '')
    .replace(/^rpc error: code = \w+ desc = /, '')
    // This is the time at which a connection was given up.
    .replace(/\s*\(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, '')
    // 40E2D00C407F0000:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:FILE:LINE:SSL alert number 116
    .replace(/^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):.*$/s, '$1')
    // Where a server ended the connection by itself, gRPC has no last error.
    .replace(/^null$/, 'no connection came about')

/** Does the server have no leader? Either the servers vote, or most of them are off. */
export const hasNoLeader = (error: unknown): boolean => wordsOf(error) === 'etcdserver: no leader'

/** Is this an error of a vote, now or just before? The same server accepts the request a moment later. */
export const isVoteError = (error: unknown): boolean =>
  /^etcdserver: (no leader|leader changed|request timed out|server stopped)/.test(wordsOf(error))

/**
 * Did the server refuse a change because its data has reached its limit (`--quota-backend-bytes`)? It still answers what
 * only reads.
 */
export const hasNoRoom = (error: unknown): boolean =>
  wordsOf(error) === 'etcdserver: mvcc: database space exceeded'

const servers = new WeakMap<Error, string>()

/** Remembers which server an error came from. */
export const noteServer = (error: unknown, endpoint: string | undefined): void => {
  if (error instanceof Error && endpoint !== undefined) servers.set(error, endpoint)
}

/** The server that an error came from; null: the error concerns all servers that were asked. */
export const serverOf = (error: unknown): string | null =>
  error instanceof Error ? (servers.get(error) ?? null) : null

interface Case {
  readonly kind: Refusal['kind']
  readonly certificate?: CertificateFault
  readonly user?: UserFault
  readonly says: RegExp
  /** Null: these words have another meaning here. */
  readonly means: (asked: Asked, words: string) => Omit<Refusal, 'kind' | 'certificate' | 'user'> | null
}

/** Is the name localhost used only for a server behind a socket file? */
const isByFile = ({ endpoints }: Asked): boolean =>
  endpoints.some(isSocketFile) && !endpoints.some((one) => !isSocketFile(one) && hostOf(one) === 'localhost')

const clock = (): string => new Date().toISOString().replace(/:\d\d\.\d+Z$/, 'Z')

/**
 * The known refusals by their words, which come from OpenSSL, Node and etcd. A server gives its own reason in an alert
 * of TLS.
 */
const cases: readonly Case[] = [
  {
    kind: 'tls',
    certificate: 'own',
    says: /alert (certificate required|bad certificate|unknown ca|certificate unknown|handshake failure|unsupported certificate|certificate revoked)/,
    means: ({ tls }, words) => {
      if (tls?.cert != null)
        return {
          why: `it does not accept the certificate of this host (${words})`,
          remedy:
            'Name a certificate for clients, with its key, that an authority issued which etcd trusts (--trusted-ca-file of etcd).',
        }
      if (words.includes('handshake failure')) return null
      return {
        why: `it asks for a certificate of this host, and the cluster's URL names none`,
        remedy: 'Name one with its key: &cert=FILE&key=FILE.',
      }
    },
  },
  {
    kind: 'tls',
    certificate: 'own-expired',
    says: /alert certificate expired/,
    means: () => ({
      why: 'it says that the certificate of this host has expired, or is not valid yet',
      remedy: 'Renew the file of cert. If that is valid, the clock of the server is wrong: set it.',
    }),
  },
  {
    kind: 'tls',
    certificate: 'expired',
    says: /certificate has expired/,
    means: () => ({
      why: `its certificate or that of its authority has expired, by the clock of this host (${clock()})`,
      remedy: 'Renew it on the server, or set the clock of this host if it is wrong.',
    }),
  },
  {
    kind: 'tls',
    certificate: 'not-yet-valid',
    says: /certificate is not yet valid/,
    means: () => ({
      why: `its certificate or that of its authority is not valid yet, by the clock of this host (${clock()})`,
      remedy: 'Set the clock of this host if it is wrong, or renew the certificate on the server.',
    }),
  },
  {
    kind: 'tls',
    certificate: 'authority',
    says: /unable to verify|unable to get (local )?issuer|self[- ]signed certificate|certificate signature failure/,
    means: ({ tls }, words) =>
      tls?.ca == null
        ? {
            why: `its certificate comes from no authority that Node trusts (${words})`,
            remedy: "Name the file of its authority in the cluster's URL: ?ca=FILE.",
          }
        : {
            why: `its certificate does not come from the authority that ca names (${words})`,
            remedy:
              "Name the file of its authority in the cluster's URL: ?ca=FILE. If that is the one, another server answers there.",
          },
  },
  {
    kind: 'tls',
    certificate: 'name',
    says: /does not match certificate's altnames/,
    means: (asked, words) => {
      const [, name, names] =
        /(?:Host|IP): (.*?)\.? is not (?:in the cert's (?:altnames|list)|cert's CN): (.*)$/.exec(words) ?? []
      const known = (names ?? '').replaceAll(/(DNS|IP Address):/g, '')
      const its = `its certificate is for ${known === '' ? 'no host name or address' : known}`
      if (name === 'localhost' && isByFile(asked))
        return {
          why: `${its}, and a server behind a socket file is asked by the name localhost`,
          remedy:
            'Issue one for localhost too, or name the server by an address or name in place of the file.',
        }
      return {
        why: `${its}, and the cluster's URL says ${name ?? 'another'}`,
        remedy: "Write a name of the certificate in the cluster's URL, or issue one for that name.",
      }
    },
  },
  {
    kind: 'tls',
    says: /^Client network socket disconnected before secure TLS|wrong version number|packet length too long/,
    means: () => ({
      why: 'the server there does not speak TLS, as an etcd that runs without TLS',
      remedy: "If it runs without TLS, write etcd:// in place of etcds:// in the cluster's URL.",
    }),
  },
  {
    kind: 'tls',
    says: /^Failed to connect$/,
    means: ({ tls }) =>
      tls == null
        ? {
            why: 'the server there closes connections without TLS, as an etcd that runs with TLS',
            remedy:
              "If it runs with TLS, write etcds:// in place of etcd:// in the cluster's URL, and ?ca=FILE.",
          }
        : null,
  },
  {
    kind: 'user',
    user: 'unnamed',
    says: /user name is empty/,
    means: () => ({
      why: "it asks for a user, and the cluster's URL names none",
      remedy: 'Name one: etcd://USER@HOST/NAME?password-file=FILE.',
    }),
  },
  {
    kind: 'user',
    user: 'unknown',
    says: /authentication failed, invalid user ID or password/,
    means: ({ user }) => ({
      why: `it has no user ${user?.name ?? ''} with the password that was given`,
      remedy: "Check the user and password-file of the cluster's URL.",
    }),
  },
  {
    kind: 'user',
    user: 'unwanted',
    says: /authentication is not enabled/,
    means: ({ user }) => ({
      why: `the cluster's URL names user ${user?.name ?? ''}, and this etcd has no users (authentication is not enabled)`,
      remedy:
        'Leave the user and password-file out of the URL, or let etcd ask for users: `etcdctl auth enable`.',
    }),
  },
]

/**
 * Was a certificate not accepted by the other side? The same server answers the same again, unlike a server that starts
 * and still ends connections.
 */
export const isAboutCertificate = (error: unknown, asked: Asked): boolean =>
  refusalOf(error, asked)?.certificate !== undefined

/**
 * Finds the refusal that an error stands for.
 * @returns null when the server does not answer, or failed in another way
 */
export const refusalOf = (error: unknown, asked: Asked): Refusal | null => {
  const words = wordsOf(error)
  for (const { says, means, ...of } of cases) {
    const meant = says.test(words) ? means(asked, words) : null
    if (meant !== null) return { ...of, ...meant }
  }
  return null
}
