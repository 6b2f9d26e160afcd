import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMachine, type Machine } from '../machine.ts'
import type { Running } from '../run.ts'
import { until } from '../until.ts'

const door = fileURLToPath(new URL('./etcd-door.mjs', import.meta.url))

/** A server of etcd on a machine of the lab, with its data in memory. */
export interface Etcd extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** Where it runs; `inside` is its endpoint there. */
  readonly machine: Machine
  readonly inside: string
  /** Its endpoint for this process, through a socket file. */
  readonly endpoint: string
  /** SIGKILL; resolves once the process is gone. */
  kill(): Promise<void>
  /** Starts it with the data it had; resolves once it answers. */
  start(): Promise<void>
  /** Its process does not run any more once this resolves, until `resume`. */
  pause(): Promise<void>
  resume(): void
}

/** For a store of a test's own: etcd may have to wait for a processor, and only its answer ends a request. */
export const patient = { timeoutMs: 60_000 } as const

const port = 2379
const inside = `127.0.0.1:${port}`

/** The data of a program that is killed is on its own tmpfs; /run of the machine is one. */
const ownRun = 'mount -t tmpfs tmpfs /run && mkdir /run/etcd'

const argv = [
  ...['etcd', '--data-dir', '/run/etcd/data', '--log-level', 'error', '--unsafe-no-fsync'],
  ...['--listen-client-urls', `http://${inside}`, '--advertise-client-urls', `http://${inside}`],
  ...['--listen-peer-urls', 'http://127.0.0.1:2380'],
]

/** @param on - a machine with a /run of its own that it runs on; null: one that is made for it */
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
