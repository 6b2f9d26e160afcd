import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMachine, type Machine } from '../machine.ts'
import type { Running } from '../run.ts'
import { until } from '../until.ts'

const door = fileURLToPath(new URL('./etcd-door.mjs', import.meta.url))

/** An etcd server on a machine of the lab, with its data in memory. */
export interface Etcd extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** The machine that runs etcd, and the endpoint inside it. */
  readonly machine: Machine
  readonly inside: string
  /** The endpoint for this test process, through a socket file. */
  readonly endpoint: string
  /** Sends SIGKILL and resolves once the process is gone. */
  kill(): Promise<void>
  /** Starts the server with the data it had, and resolves once it answers. */
  start(): Promise<void>
  /** Stops the process by SIGSTOP and resolves once it runs no more. `resume` lets it continue. */
  pause(): Promise<void>
  resume(): void
}

/** Options for a test's own store. A long timeout, because etcd may have to wait for a processor. */
export const patient = { timeoutMs: 60_000 } as const

const port = 2379
const inside = `127.0.0.1:${port}`

/** A killed etcd must keep its data, so the data is on this tmpfs: the machine's own /run. */
const ownRun = 'mount -t tmpfs tmpfs /run && mkdir /run/etcd'

const argv = [
  ...['etcd', '--data-dir', '/run/etcd/data', '--log-level', 'error', '--unsafe-no-fsync'],
  ...['--listen-client-urls', `http://${inside}`, '--advertise-client-urls', `http://${inside}`],
  ...['--listen-peer-urls', 'http://127.0.0.1:2380'],
]

/** @param on - a machine with its own /run, on which etcd runs; null: a new machine */
export const startEtcd = async (on: Machine | null = null): Promise<Etcd> => {
  const machine = on ?? (await createMachine('etcd', ownRun))
  const folder = mkdtempSync(join(tmpdir(), 'portolan-etcd-'))
  const socket = join(folder, 'door')
  const doorway = machine.start([process.execPath, door, socket, String(port)], { timeoutMs: 600_000 })
  let server: Running | null = null
  const answers = async (): Promise<boolean> => {
    const { exitCode } = await machine.run([
      'curl',
      ...['--silent', '--fail', '--max-time', '5', `http://${inside}/health`],
    ])
    return exitCode === 0
  }
  const etcd: Etcd = {
    machine,
    inside,
    endpoint: `unix:${socket}`,
    async kill() {
      server?.kill('SIGKILL')
      await server?.outcome
    },
    async start() {
      server = machine.start(argv, { timeoutMs: 600_000 })
      await until('etcd', answers, { beside: server })
    },
    pause: async () => server?.stop(),
    resume: () => server?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await etcd.kill()
      doorway.kill('SIGKILL')
      await doorway.outcome
      if (on === null) await machine[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await etcd.start()
  await until('the way to etcd', () => takesConnections(socket), { beside: doorway })
  return etcd
}

const takesConnections = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const connection = connect(socket, () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => resolve(false))
  })
