import { join } from 'node:path'
import { future, type Issued, makeAuthority, past } from '../../lab/neighbour/certificates.ts'
import { mustRun } from '../../lab/run.ts'

/** Certificates and keys of a cluster and its hosts, the usable and the wrong. */
export interface TlsFiles {
  readonly ca: string
  readonly otherCa: string
  readonly server: Issued
  readonly elsewhere: Issued
  readonly expired: Issued
  readonly notYet: Issued
  readonly own: Issued
  readonly ofOtherAuthority: Issued
  readonly ownExpired: Issued
  readonly lockedKey: string
}

export const makeTlsFiles = async (folder: string, password: string): Promise<TlsFiles> => {
  const [ours, other] = [await makeAuthority(folder, 'ours'), await makeAuthority(folder, 'other')]
  const lockedKey = join(folder, 'locked.key')
  const own = await ours.issue('own', 'DNS:web-1')
  await mustRun([
    'openssl',
    'pkey',
    '-in',
    own.key,
    '-aes256',
    '-passout',
    `pass:${password}`,
    '-out',
    lockedKey,
  ])
  return {
    ca: ours.file,
    otherCa: other.file,
    server: await ours.issue('server', 'DNS:localhost'),
    elsewhere: await ours.issue('elsewhere', 'DNS:etcd.example,DNS:etcd-2.example'),
    expired: await ours.issue('expired', 'DNS:localhost', past),
    notYet: await ours.issue('not-yet', 'DNS:localhost', future),
    own,
    ofOtherAuthority: await other.issue('stranger', 'DNS:web-1'),
    ownExpired: await ours.issue('own-expired', 'DNS:web-1', past),
    lockedKey,
  }
}
