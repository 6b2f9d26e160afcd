import { createMachine, type Machine } from '../machine.ts'
import type { Issued } from '../neighbour/certificates.ts'
import type { Running } from '../run.ts'

/** One of several etcd servers, on a machine of its own, with its data in memory. */
export interface EtcdMember extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly name: string
  readonly address: string
  readonly machine: Machine
  /** Starts the server with the data it had. It may have no majority yet, so this waits for nothing. */
  start(): void
  /** Sends SIGKILL and resolves once the process is gone. */
  kill(): Promise<void>
  /** Stops the process by SIGSTOP and resolves once it runs no more. `resume` lets it continue. */
  pause(): Promise<void>
  resume(): void
  /** Sends one request to the server itself, as `etcdctl` would. @returns null: no answer, or an error */
  ask(path: string, body: object): Promise<Readonly<Record<string, unknown>> | null>
}

export const clientPort = 2379
const peerPort = 2380

/** A killed etcd must keep its data, so the data is on this tmpfs: the machine's own /run. */
const ownRun = 'mount -t tmpfs tmpfs /run && mkdir /run/etcd'

/** Elections are short, because tests wait for each of them. */
const quickVotes = ['--heartbeat-interval', '50', '--election-timeout', '400']

/**
 * @param all - the names and addresses of all members
 * @param more - further arguments for etcd
 * @param tls - the certificate that the server shows to hosts; null: without TLS
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
