import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { firstPort, target } from './mappings.ts'
import type { Published } from './peer/engine.ts'
import { attach } from './peer/ours.ts'
import { onHost, openPlace, type Place } from './peer/place.ts'
import { runProgram } from './program.ts'

const loadScript = fileURLToPath(new URL('../connections.py', import.meta.url))
const meter = fileURLToPath(new URL('./meter-flows.js', import.meta.url))
const python = ['/usr/bin/python3', '-S', '-E', loadScript]

/** Client and server run on separate processors. On one processor they would take turns, and the figures would jump. */
const pinned = (processor: number, words: readonly string[]): readonly string[] =>
  availableParallelism() > 1 ? ['taskset', '-c', String(processor), ...words] : words

/**
 * A client, a host and a container, connected:
 * client 10.88.0.2 ── 10.88.0.1 host ── bridge ── 172.17.0.10 container
 */
export interface Triple extends Disposable {
  /** Makes new connections, one after another. */
  readonly connect: (count: number) => ConnectionRates
  /** Makes the host count the flows through the connections' port, as `watch --metrics` does. */
  readonly meterFlows: (accounting: boolean) => Promise<Disposable>
  [Symbol.dispose](): void
}

/** New connections a second. */
export interface ConnectionRates {
  readonly byClock: number
  /**
   * Connections per second of processor time of client, host and server. Other load on the machine changes it little.
   */
  readonly byProcessor: number
}

/** Sets up the way from the host to the container. The client is connected already. */
export type Wiring = (place: Place, ports: number) => Promise<Wired>

export interface Wired extends Disposable {
  /** The container's network namespace: a path. */
  readonly namespace: string
  /** The address that the client connects to. */
  readonly address: string
  readonly port: number
  [Symbol.dispose](): void
}

/** The client connects to the host, at the last of the ports that an engine publishes. */
export const throughEngine =
  (publish: (place: Place, ports: number) => Promise<Published>): Wiring =>
  async (place, ports) => ({
    ...(await publish(place, ports)),
    ...{ address: '10.88.0.1', port: firstPort + ports - 1 },
  })

/** The client connects to the container itself. There is no NAT, but connection tracking. */
export const direct: Wiring = async (place) => {
  const [host, { container }] = [onHost(place, ['sh', '-ec']), place]
  runProgram([...host, `ip link add br0 type bridge; ip addr add 172.17.42.1/16 dev br0; ip link set br0 up`])
  runProgram([...host, 'sysctl -qw net.ipv4.ip_forward=1; nft -f -'], tracking)
  attach(place, 'br0')
  return { namespace: container, ...target, [Symbol.dispose]: () => {} }
}

/** Makes three namespaces. They end with the namespace of this process. */
export const openTriple = async (name: string, wiring: Wiring, ports: number): Promise<Triple> => {
  const place = openPlace(name)
  const client = `${name}-client`
  runProgram(['ip', 'netns', 'add', client])
  const ip = (namespace: string, ...lines: readonly string[]) =>
    runProgram(['ip', '-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`)
  ip(
    place.host,
    `link add eth0 type veth peer name eth0 netns ${client}`,
    'addr add 10.88.0.1/24 dev eth0',
    'link set eth0 up',
  )
  ip(client, 'addr add 10.88.0.2/24 dev eth0', 'link set eth0 up', 'route add default via 10.88.0.1')
  const wired = await wiring(place, ports).catch((error: unknown) => {
    place[Symbol.dispose]()
    runProgram(['ip', 'netns', 'delete', client])
    throw error
  })
  const server = start([
    `nsenter`,
    `--net=${wired.namespace}`,
    ...pinned(1, [...python, 'server', String(target.port)]),
  ])
  if (server.stdout !== null) await once(server.stdout, 'data')
  const connect = pinned(0, [...python, 'client', wired.address, String(wired.port)])
  const onClient = ['ip', 'netns', 'exec', client, ...connect]
  return {
    connect: (count) => {
      const printed = runProgram([...onClient, String(count), String(server.pid)])
      const [byClock = Number.NaN, byProcessor = Number.NaN] = printed.split(' ').map(Number)
      return { byClock, byProcessor }
    },
    meterFlows: async (accounting) => {
      const set = (value: number) =>
        runProgram(onHost(place, ['sysctl', '-qw', `net.netfilter.nf_conntrack_acct=${value}`]))
      set(accounting ? 1 : 0)
      const running = start(onHost(place, [process.execPath, meter, String(ports - 1)]))
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
      wired[Symbol.dispose]()
      place[Symbol.dispose]()
      runProgram(['ip', 'netns', 'delete', client])
    },
  }
}

// Turns on connection tracking and the NAT hooks, by a rule that matches on ct state and a chain without rules.
const tracking = `table ip tracking {
  chain filter { type filter hook prerouting priority 0; ct state invalid drop; }
  chain nat { type nat hook prerouting priority -100; }
}
`

const start = ([program = '', ...rest]: readonly string[]): ChildProcess =>
  spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
