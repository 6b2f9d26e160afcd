import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../run.ts'

/** The validity period of a certificate; null: from now on, for a day. */
export type Validity = { readonly from: string; readonly to: string } | null

export const past: Validity = { from: '20200101000000Z', to: '20200201000000Z' }
export const future: Validity = { from: '20900101000000Z', to: '20900201000000Z' }

export interface Authority {
  /** The path of the authority's own certificate (PEM). */
  readonly file: string
  /**
   * Issues a certificate with a new key.
   * @param names - `DNS:etcd.example,IP:192.0.2.1`
   * @returns the PEM files: NAME.pem, and NAME.key for its key
   */
  issue(name: string, names: string, validity?: Validity): Promise<Issued>
}

export interface Issued {
  readonly cert: string
  readonly key: string
}

const freshKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** Makes a certificate authority in a folder. */
export const makeAuthority = async (folder: string, name: string): Promise<Authority> => {
  const at = (file: string): string => join(folder, file)
  const [file, key] = [at(`${name}.pem`), at(`${name}.key`)]
  await mustRun([
    ...['openssl', 'req', '-x509', ...freshKey, '-keyout', key, '-out', file],
    ...['-subj', `/CN=${name}`, '-days', '1'],
  ])
  return {
    file,
    async issue(of, names, validity = null) {
      const issued = { cert: at(`${of}.pem`), key: at(`${of}.key`) }
      const [request, extensions] = [at(`${of}.csr`), at(`${of}.ext`)]
      writeFileSync(extensions, `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`)
      await mustRun([
        ...['openssl', 'req', '-new', ...freshKey, '-keyout', issued.key, '-out', request],
        ...['-subj', `/CN=${of}`],
      ])
      await mustRun([
        ...['openssl', 'x509', '-req', '-in', request, '-CA', file, '-CAkey', key],
        ...['-extfile', extensions, '-out', issued.cert],
        ...(validity === null ? ['-days', '1'] : ['-not_before', validity.from, '-not_after', validity.to]),
      ])
      return issued
    },
  }
}
