import { InvalidRequestError } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'

/**
 * The place of a cluster, as its URL names it.
 * @public @since 0.1.0
 */
export interface ClusterAddress {
  /** The name of the cluster: several clusters may share one etcd. */
  readonly cluster: string
  /** `192.0.2.1:2379`, `[2001:db8::1]:2379`, `etcd.example:2379` */
  readonly endpoints: readonly string[]
  readonly tls: boolean
  readonly user: string | null
  /**
   * Paths of files: the user's password, the authority of the servers' certificates, and this host's certificate with
   * its key.
   */
  readonly passwordFile: string | null
  readonly caFile: string | null
  readonly certFile: string | null
  readonly keyFile: string | null
}

const form =
  'etcd://[USER@]HOST[:PORT][,HOST[:PORT]...]/NAME, with etcds:// for TLS, and behind it ?password-file=FILE&ca=FILE&cert=FILE&key=FILE'

const filesOf = ['password-file', 'ca', 'cert', 'key'] as const

/** Can the text be a name? Names are parts of keys and of lines of text. */
const isName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)

/**
 * Refuses a name of a host that cannot be part of a key.
 *
 * @throws InvalidRequestError
 * @example
 * checkHostName('web-1')
 * @public @since 0.1.0
 */
export const checkHostName = (name: string): void => {
  checkText(name, 'name')
  if (isName(name)) return
  throw new InvalidRequestError(
    `${JSON.stringify(name)} cannot be the name of a host in a cluster: it has letters, digits, dots, dashes and underscores, begins with a letter or a digit, and has 63 characters at most. Name this host with --member.`,
  )
}

/**
 * A URL as a message may show it: a password in it is not repeated, whatever else is wrong with the URL.
 *
 * @example
 * hidePassword('etcd://user:secret@192.0.2.1/prod') // 'etcd://user:…@192.0.2.1/prod'
 * @public @since 0.1.0
 */
export const hidePassword = (url: string): string => {
  checkText(url, 'url')
  return (
    url
      // From the first colon behind the scheme to the last @: a password may have every character.
      .replace(/^((?:[a-z]+:)?\/\/|(?![a-z]*:?\/\/))([^:]*):.*@/is, '$1$2:…@')
      .replace(/([?&](?!(?:ca|cert|key|password-file)=)[^=&]*=).*$/is, '$1…')
  )
}

/**
 * Reads the URL of a cluster: `etcd://192.0.2.1:2379,192.0.2.2:2379/prod`.
 *
 * @throws InvalidRequestError for an invalid URL, one with a password in it, or files for TLS without TLS
 * @example
 * parseClusterUrl('etcds://portolan@etcd.example/prod?password-file=/etc/portolan/etcd.password&ca=/etc/portolan/ca.pem').endpoints // ['etcd.example:2379']
 * @public @since 0.1.0
 */
export const parseClusterUrl = (url: string): ClusterAddress => {
  checkText(url, 'url')
  const shown = hidePassword(url)
  const refuse = (why: string): InvalidRequestError =>
    new InvalidRequestError(`the cluster ${JSON.stringify(shown)} ${why} Write ${form}.`)
  const [, scheme, login, hosts = '', cluster = '', query = ''] =
    /^(etcds?):\/\/(?:([^@/?]*)@)?([^/?@]+)\/([^/?]*)(?:\?(.*))?$/i.exec(url) ?? []
  if (/^etcds?:\/\/[^/?]+\/[^/?]+\/+(\?|$)/i.test(url))
    throw refuse('has a slash behind its name: leave it out.')
  if (scheme === undefined) throw refuse('is no URL of a cluster.')
  if (!isName(cluster))
    throw refuse(
      'has no name that can be part of a key: letters, digits, dots, dashes and underscores, 63 at most.',
    )
  if (login?.includes(':') === true)
    throw new InvalidRequestError(
      'the URL of the cluster has a password in it, which every user of this machine can read in the list of processes. Put the password into a file that root alone can read, and name it: ?password-file=FILE.',
    )
  const tls = scheme.toLowerCase() === 'etcds'
  const files = readQuery(query, shown, refuse)
  const ofTls = (['ca', 'cert', 'key'] as const).find((name) => files[name] !== undefined)
  if (ofTls !== undefined && !tls)
    throw refuse(`names a file for TLS (${ofTls}), which etcd:// does not use.`)
  if ((files.cert === undefined) !== (files.key === undefined))
    throw refuse('names only one of cert and key, but a certificate needs its key.')
  if ((login === undefined) !== (files['password-file'] === undefined))
    throw refuse('names one of a user and a password-file, and etcd asks for both.')
  return {
    cluster,
    endpoints: hosts.split(',').map((host) => endpointOf(host, refuse)),
    tls,
    user: login === undefined ? null : decoded(login, refuse),
    passwordFile: files['password-file'] ?? null,
    caFile: files.ca ?? null,
    certFile: files.cert ?? null,
    keyFile: files.key ?? null,
  }
}

type Files = { readonly [Name in (typeof filesOf)[number]]?: string }

/** @param shown - the URL without its password */
const readQuery = (query: string, shown: string, refuse: (why: string) => InvalidRequestError): Files => {
  const files: { [Name in (typeof filesOf)[number]]?: string } = {}
  for (const part of query === '' ? [] : query.split('&')) {
    const [written = '', value = ''] = part.split('=', 2)
    const name = filesOf.find((one) => one === written)
    // A password with a question mark in it has parts too. They are not in the shown URL.
    if (name === undefined)
      throw refuse(`has an unknown part${shown.includes(written) ? ` ${JSON.stringify(written)}` : ''}.`)
    if (value === '') throw refuse(`names no file for ${name}.`)
    files[name] = decoded(value, refuse)
  }
  return files
}

const decoded = (text: string, refuse: (why: string) => InvalidRequestError): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse('has a percent sign that does not begin the code of a character. Write %25 for the sign.')
  }
}

const endpointOf = (host: string, refuse: (why: string) => InvalidRequestError): string => {
  if (/^\[?fe[89ab][0-9a-f]:|^\[[^\]]*%/i.test(host))
    throw refuse(
      `has the link-local address ${JSON.stringify(host)}, which means nothing without an interface, and none can be named (no zone such as %eth0). Name another address of that server, or its name.`,
    )
  const [, name, port = '2379'] = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/.exec(host) ?? []
  if (name === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw refuse(`has ${JSON.stringify(host)} where a host and a port belong.`)
  return `${name}:${port}`
}
