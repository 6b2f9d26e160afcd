import { createMachine, type Machine } from '../machine.ts'
import type { Issued } from '../neighbour/certificates.ts'
import type { Running } from '../run.ts'

/** One of several servers of etcd, on a machine of its own, with its data in memory. */
export interface EtcdMember extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly name: string
  readonly address: string
  readonly machine: Machine
  /** Starts it with the data it had; it may be alone, so nothing is waited for. */
  start(): void
  /** SIGKILL; resolves once the process is gone. */
  kill(): Promise<void>
  /** Its process does not run any more once this resolves, until `resume`. */
  pause(): Promise<void>
  resume(): void
  /** Asks the server itself, as `etcdctl` would. @returns null: it did not answer as it should */
  ask(path: string, body: object): Promise<Readonly<Record<string, unknown>> | null>
}

export const clientPort = 2379
const peerPort = 2380

/** The data of a program that is killed is on its own tmpfs; /run of the machine is one. */
const ownRun = 'mount -t tmpfs tmpfs /run && mkdir /run/etcd'

/** Votes are over soon: a test waits for each of them. */
const quickVotes = ['--heartbeat-interval', '50', '--election-timeout', '400']

/**
 * @param all - the names and addresses of all members
 * @param more - further words for etcd
 * @param tls - it serves hosts with TLS, and shows them this; null: without
 */
export const createEtcdMember = async (
  name: string,
  all: Readonly<Record<string, string>>,
  more: readonly string[] = [],
  tls: Issued | null = null,
): Promise<EtcdMember> => {
  const address = all[name] ?? ''
  const machine = await createMachine(name, ownRun)
  const ofPeers = Object.entries(all).map(([peer, at]) => `${peer}=http://${at}:${peerPort}`)
  const url = `${tls === null ? 'http' : 'https'}://${address}:${clientPort}`
  const argv = [
    ...['etcd', '--name', name, '--data-dir', '/run/etcd/data', '--log-level', 'error'],
    ...['--unsafe-no-fsync', ...quickVotes],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...(tls === null ? [] : ['--cert-file', tls.cert, '--key-file', tls.key]),
    ...['--listen-peer-urls', `http://${address}:${peerPort}`],
    ...['--initial-advertise-peer-urls', `http://${address}:${peerPort}`],
    ...['--initial-cluster', ofPeers.join(','), '--initial-cluster-state', 'new'],
    ...more,
  ]
  let server: Running | null = null
  const member: EtcdMember = {
    name,
    address,
    machine,
    start() {
      server = machine.start(argv, { timeoutMs: 3_600_000 })
    },
    async kill() {
      server?.kill('SIGKILL')
      await server?.outcome
    },
    pause: async () => server?.stop(),
    resume: () => server?.kill('SIGCONT'),
    async ask(path, body) {
      const { exitCode, stdout } = await machine.run([
        ...['curl', '--silent', '--insecure', '--max-time', '2', '--data', JSON.stringify(body)],
        `${url}/v3/${path}`,
      ])
      if (exitCode !== 0) return null
      const answer = JSON.parse(stdout)
      return 'error' in answer ? null : answer
    },
    async [Symbol.asyncDispose]() {
      await member.kill()
      await machine[Symbol.asyncDispose]()
    },
  }
  return member
}
