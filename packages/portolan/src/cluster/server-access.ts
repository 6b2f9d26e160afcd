import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { ClusterAddress } from '@portolan/core'
import { readTextFile, whyUnread } from '@portolan/host/file'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'

/** The servers of a cluster and the credentials of this host. */
export interface ServerAccess {
  readonly endpoints: readonly string[]
  /** PEM texts; null: no TLS. */
  readonly tls: {
    readonly ca: string | null
    readonly cert: string | null
    readonly key: string | null
  } | null
  readonly user: { readonly name: string; readonly password: string } | null
}

/**
 * Reads the files that the URL of a cluster names. They are checked here, where the messages can name the file. Node
 * ignores a CA that is not valid, and reports a wrong key only with OpenSSL's words.
 *
 * @throws InvalidRequestError for a file that cannot be read, or that does not hold what the URL says
 */
export const serverAccess = (address: ClusterAddress): ServerAccess => ({
  endpoints: address.endpoints,
  tls: address.tls ? tlsOf(address) : null,
  user: userOf(address),
})

const tlsOf = ({ caFile, certFile, keyFile }: ClusterAddress): ServerAccess['tls'] => {
  const [ca, cert, key] = [fileText(caFile), fileText(certFile), fileText(keyFile)]
  if (ca !== null) certificateIn(ca, `${caFile} (ca)`)
  if (cert !== null && key !== null) {
    const own = certificateIn(cert, `${certFile} (cert)`)
    if (!own.checkPrivateKey(privateKeyIn(key, `${keyFile} (key)`)))
      throw new InvalidRequestError(
        `the key in ${keyFile} is not that of the certificate in ${certFile}, so etcd would not believe that the certificate is this host's. Name the two that were made together.`,
      )
  }
  return { ca, cert, key }
}

const certificateIn = (text: string, file: string): X509Certificate => {
  const found = text.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? []
  try {
    const [first] = found.map((one) => new X509Certificate(one))
    if (first !== undefined) return first
  } catch {
    // A damaged certificate is reported like a file without one.
  }
  throw new InvalidRequestError(
    `${file}, which the cluster's URL names, holds no certificate in PEM: one begins with -----BEGIN CERTIFICATE-----. Name the file of the certificate; \`openssl x509 -inform DER\` converts one in DER.`,
  )
}

const privateKeyIn = (text: string, file: string): KeyObject => {
  try {
    return createPrivateKey(text)
  } catch {
    // OpenSSL's error is not used: its code for a locked key differs between versions of Node.
    throw new InvalidRequestError(
      /^-----BEGIN ENCRYPTED|^Proc-Type:.*ENCRYPTED/m.test(text)
        ? `${file}, which the cluster's URL names, is locked with a passphrase, which cannot be asked for at boot. Write it without one, for root alone to read: \`openssl pkey\`.`
        : `${file}, which the cluster's URL names, holds no private key in PEM: one begins with -----BEGIN PRIVATE KEY-----. Name the file of the certificate's key.`,
    )
  }
}

const userOf = ({ user: name, passwordFile }: ClusterAddress): ServerAccess['user'] => {
  const password = fileText(passwordFile)?.replace(/\r?\n$/, '') ?? null
  if (name === null || password === null) return null
  if (password === '')
    throw new InvalidRequestError(
      `${passwordFile}, which the cluster's URL names, is empty. Write the password of ${name} into it.`,
    )
  return { name, password }
}

const mostBytes = 2 ** 20

const fileText = (file: string | null): string | null => {
  if (file === null) return null
  try {
    return readTextFile(file, { mostBytes })
  } catch (cause) {
    if (cause instanceof PortolanError) throw cause
    throw new InvalidRequestError(
      `${file}, which the cluster's URL names, could not be read (${whyUnread(cause)}). Make it a readable file, or name another.`,
      { cause },
    )
  }
}
