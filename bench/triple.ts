import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Backend } from 'portolan'
import { firstPort, target } from './mappings.ts'
import { runProgram } from './program.ts'

const loadScript = fileURLToPath(new URL('../connections.py', import.meta.url))
const meter = fileURLToPath(new URL('./meter-flows.js', import.meta.url))
const applier = fileURLToPath(new URL('./apply-ports.js', import.meta.url))
const python = ['/usr/bin/python3', '-S', '-E', loadScript]

/** Client and server on processors of their own: on one they take turns, and the figures jump. */
const pinned = (processor: number, words: readonly string[]): readonly string[] =>
  availableParallelism() > 1 ? ['taskset', '-c', String(processor), ...words] : words

/**
 *   client 10.88.0.2 ── 10.88.0.1 host ── bridge ── 172.17.0.10 container
 */
export interface Triple extends Disposable {
  /** New connections a second, one after another. */
  readonly connectionRate: (count: number) => number
  /** Has the host count what flows through the port that connections are made to, as `watch --metrics` does. */
  readonly meterFlows: (accounting: boolean) => Promise<Disposable>
  [Symbol.dispose](): void
}

const inside = (namespace: string, words: readonly string[]): readonly string[] => [
  'ip',
  'netns',
  'exec',
  namespace,
  ...words,
]

/**
 * Three namespaces, within the one of this process, which end with it.
 * @param backend - null: no NAT; the client connects to the container itself, through connection tracking alone
 */
export const openTriple = async (name: string, backend: Backend | null, ports: number): Promise<Triple> => {
  const [client, host, container] = [`${name}-client`, `${name}-host`, `${name}-container`]
  for (const namespace of [client, host, container]) runProgram(['ip', 'netns', 'add', namespace])
  const ip = (namespace: string, ...lines: readonly string[]) =>
    runProgram(['ip', '-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`)
  ip(
    host,
    'link set lo up',
    `link add eth0 type veth peer name eth0 netns ${client}`,
    'addr add 10.88.0.1/24 dev eth0',
    'link set eth0 up',
  )
  ip(client, 'addr add 10.88.0.2/24 dev eth0', 'link set eth0 up', 'route add default via 10.88.0.1')
  const hostRun = (words: readonly string[], input = '') => runProgram(inside(host, words), input)
  let bridge = 'br0'
  if (backend === null) {
    ip(host, 'link add br0 type bridge', 'addr add 172.17.42.1/16 dev br0', 'link set br0 up')
    hostRun(['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
    // Connection tracking and the hooks of NAT are there too: a rule that asks it, and a chain without a rule.
    hostRun(['nft', '-f', '-'], tracking)
  } else bridge = hostRun([process.execPath, applier, backend, String(ports)]).trim()
  ip(host, `link add port0 type veth peer name eth0 netns ${container}`, `link set port0 master ${bridge} up`)
  ip(
    container,
    `addr add ${target.address}/16 dev eth0`,
    'link set eth0 up',
    'route add default via 172.17.42.1',
  )
  const server = spawnIn(container, pinned(1, [...python, 'server', String(target.port)]))
  if (server.stdout !== null) await once(server.stdout, 'data')
  const [address, port] =
    backend === null ? [target.address, target.port] : ['10.88.0.1', firstPort + ports - 1]
  return {
    connectionRate: (count) =>
      Number(
        runProgram(inside(client, pinned(0, [...python, 'client', address, String(port), String(count)]))),
      ),
    meterFlows: async (accounting) => {
      const set = (value: number) => hostRun(['sysctl', '-qw', `net.netfilter.nf_conntrack_acct=${value}`])
      set(accounting ? 1 : 0)
      const running = spawnIn(host, [process.execPath, meter, String(ports - 1)])
      if (running.stdout !== null) await once(running.stdout, 'data')
      return {
        [Symbol.dispose]: () => {
          running.kill('SIGKILL')
          set(0)
        },
      }
    },
    [Symbol.dispose]: () => {
      server.kill('SIGKILL')
      for (const namespace of [client, host, container]) runProgram(['ip', 'netns', 'delete', namespace])
    },
  }
}

const tracking = `table ip tracking {
  chain filter { type filter hook prerouting priority 0; ct state invalid drop; }
  chain nat { type nat hook prerouting priority -100; }
}
`

const spawnIn = (namespace: string, words: readonly string[]): ChildProcess => {
  const [program = '', ...rest] = inside(namespace, words)
  return spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
}
