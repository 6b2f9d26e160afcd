import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromJson } from '../../from-json.ts'
import { Disposables } from '../disposables.ts'
import { createMachine, type Machine } from '../machine.ts'
import { mustRun, type Running } from '../run.ts'
import { until } from '../until.ts'
import type { Issued } from './certificates.ts'

/**
 * Three etcd servers on one machine: one with TLS, one that requires a client certificate, one that requires a user.
 */
export interface GuardedEtcd extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly machine: Machine
  readonly endpoints: Readonly<Record<'tls' | 'mutual' | 'users', string>>
  /** Replaces the certificate of the server with TLS. etcd reads the file for each connection. */
  show(server: Issued): void
  /** Calls the server with users, as root once it requires users. */
  ask(path: string, body: object): Promise<Readonly<Record<string, unknown>>>
  /** Makes the server with users require a user from now on. */
  askForUsers(): Promise<void>
}

const ports = { tls: 2479, mutual: 2579, users: 2679 } as const

export const rootPassword = 'the password of root'

/** The range of all keys with this prefix, which ends in `/`. */
const beginningWith = (first: string) => ({
  key: Buffer.from(first).toString('base64'),
  range_end: Buffer.from(first.replace(/\/$/, '0')).toString('base64'),
})

/**
 * @param folder - for the files that the server with TLS reads
 * @param server - the servers' certificate
 * @param clients - the certificate authority of the hosts' client certificates
 */
export const startGuardedEtcd = async (
  folder: string,
  server: Issued,
  clients: string,
): Promise<GuardedEtcd> => {
  const held = new Disposables()
  try {
    const machine = held.use(await createMachine('guarded', 'mount -t tmpfs tmpfs /run && mkdir /run/etcd'))
    const shown = { cert: join(folder, 'shown.pem'), key: join(folder, 'shown.key') }
    const show = ({ cert, key }: Issued): void => {
      copyFileSync(cert, shown.cert)
      copyFileSync(key, shown.key)
    }
    show(server)
    const signing = join(folder, 'tokens.key')
    await mustRun(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', signing])
    await mustRun(['openssl', 'ec', '-in', signing, '-pubout', '-out', `${signing}.pub`])
    const words = {
      tls: ['--cert-file', shown.cert, '--key-file', shown.key],
      mutual: [
        ...['--cert-file', server.cert, '--key-file', server.key],
        ...['--client-cert-auth', '--trusted-ca-file', clients],
      ],
      // Tokens expire soon, so that tests see it. The password hash is cheap (bcrypt cost 4).
      users: [
        ...['--auth-token', `jwt,sign-method=ES256,priv-key=${signing},pub-key=${signing}.pub,ttl=2s`],
        ...['--bcrypt-cost', '4'],
      ],
    }
    const servers: Running[] = []
    for (const [name, port] of Object.entries(ports)) {
      const url = `${name === 'users' ? 'http' : 'https'}://127.0.0.1:${port}`
      const running = machine.start(
        [
          ...['etcd', '--name', name, '--data-dir', `/run/etcd/${name}`, '--log-level', 'panic'],
          ...['--unsafe-no-fsync', '--listen-client-urls', url, '--advertise-client-urls', url],
          ...['--listen-peer-urls', `http://127.0.0.1:${port + 1}`],
          ...['--initial-advertise-peer-urls', `http://127.0.0.1:${port + 1}`],
          ...['--initial-cluster', `${name}=http://127.0.0.1:${port + 1}`],
          ...words[name as keyof typeof ports],
        ],
        { timeoutMs: 600_000 },
      )
      servers.push(running)
      held.use({
        [Symbol.asyncDispose]: async () => {
          running.kill('SIGKILL')
          await running.outcome
        },
      })
    }
    for (const [at, port] of Object.values(ports).entries()) {
      const connects = async (): Promise<boolean> =>
        (await machine.run(['curl', '-s', '--http0.9', `127.0.0.1:${port}`])).exitCode !== 7
      await until(`etcd on port ${port}`, connects, { beside: servers[at] })
    }
    let token: readonly string[] = []
    /** @returns null: the token expired meanwhile */
    const tryToPost = async (path: string, body: object): Promise<string | null> => {
      const printed = await machine.mustRun([
        ...['curl', '--silent', '--write-out', '\n%{http_code}', ...token, '--data', JSON.stringify(body)],
        `http://127.0.0.1:${ports.users}/v3/${path}`,
      ])
      const [, text = '', status = ''] = /^(.*)\n(\d+)$/s.exec(printed) ?? []
      if (status === '401' && token.length > 0) return null
      if (status !== '200') throw new Error(`${path}: ${printed}`)
      return text
    }
    const post = (path: string, body: object): Promise<string> =>
      until(`an answer to ${path}`, async () => {
        if (token.length > 0) await logIn()
        return tryToPost(path, body)
      })
    const ask: GuardedEtcd['ask'] = async (path, body) => fromJson(await post(path, body))
    const logIn = async (): Promise<void> => {
      token = []
      const answer = fromJson<{ readonly token: unknown }>(
        await post('auth/authenticate', { name: 'root', password: rootPassword }),
      )
      token = ['--header', `Authorization: ${answer.token}`]
    }
    return {
      machine,
      endpoints: {
        tls: `localhost:${ports.tls}`,
        mutual: `localhost:${ports.mutual}`,
        users: `localhost:${ports.users}`,
      },
      show,
      ask,
      async askForUsers() {
        await ask('auth/user/add', { name: 'root', password: rootPassword })
        await ask('auth/role/add', { name: 'root' })
        await ask('auth/user/grant', { user: 'root', role: 'root' })
        await ask('auth/role/add', { name: 'blocks' })
        const perm = { permType: 'READWRITE', ...beginningWith('/portolan/v1/') }
        await ask('auth/role/grant', { name: 'blocks', perm })
        await ask('auth/enable', {})
        await logIn()
      },
      [Symbol.asyncDispose]: () => held.close(),
    }
  } catch (error) {
    await held.close()
    throw error
  }
}
