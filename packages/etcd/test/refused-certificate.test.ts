import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { afterAll, expect, test } from '@jest/globals'
import { openEtcdStore } from '../src/index.ts'

/** A long timeout: the server is in this process, and cannot answer while the process has no processor. */
const timeoutMs = 60_000

const folder = mkdtempSync(join(tmpdir(), 'portolan-certificate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const [keyFile, certFile] = [join(folder, 'key'), join(folder, 'cert')]
execFileSync(
  'openssl',
  [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', keyFile, '-out', certFile, '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost'],
  ],
  { stdio: 'ignore' },
)
const [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')]

test.each([
  ['is of no known authority', false, null, 'comes from no authority that Node trusts'],
  ['asks for one of this host', true, cert, 'asks for a certificate of this host'],
])(
  'a server whose certificate %s is asked once, as it says the same each time',
  async (_what, asks, ca, why) => {
    let connections = 0
    const server = createServer({
      key,
      cert,
      ALPNProtocols: ['h2'],
      requestCert: asks,
      rejectUnauthorized: asks,
    })
    server.on('connection', () => {
      connections += 1
    })
    server.on('secureConnection', (socket) => socket.on('error', () => undefined))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const store = openEtcdStore({
      cluster: 'prod',
      endpoints: [`localhost:${port}`],
      tls: { ca, cert: null, key: null },
      timeoutMs,
    })
    await expect(store.read()).rejects.toThrow(why)
    await store.close()
    await new Promise((resolve) => server.close(resolve))
    expect(connections).toBe(1)
  },
)

test('a server behind a socket file is told by the name that it is asked by, which no URL has', async () => {
  const [otherKey, otherCert] = [join(folder, 'other-key'), join(folder, 'other-cert')]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', otherKey, '-out', otherCert, '-days', '2', '-subj', '/CN=etcd.example'],
      ...['-addext', 'subjectAltName=DNS:etcd.example'],
    ],
    { stdio: 'ignore' },
  )
  const ca = readFileSync(otherCert, 'utf8')
  const server = createServer({ key: readFileSync(otherKey, 'utf8'), cert: ca, ALPNProtocols: ['h2'] })
  server.on('tlsClientError', () => undefined)
  const file = join(folder, 'socket')
  await new Promise<void>((resolve) => server.listen(file, resolve))
  const store = openEtcdStore({
    cluster: 'prod',
    endpoints: [`unix:${file}`],
    tls: { ca, cert: null, key: null },
    timeoutMs,
  })
  await expect(store.read()).rejects.toThrow(
    /its certificate is for etcd\.example, and a server behind a socket file is asked by the name localhost\. .*Issue one for localhost too/,
  )
  await store.close()
  await new Promise((resolve) => server.close(resolve))
})
