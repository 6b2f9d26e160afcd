import { readFile, writeFile } from 'node:fs/promises'
import { startAgent } from './agent.ts'
import type { Arrival, Probe, ProbeOutcome, ProbeProtocol } from './probe.ts'
import { probeUntilSilence, serving } from './probe-until-silence.ts'
import { printedBy, programOf, type Running, type RunOptions, type RunOutcome, start } from './run.ts'
import { freshSourcePort } from './source-ports.ts'

export interface Service {
  readonly protocol: Exclude<ProbeProtocol, 'icmp'>
  readonly port: number
  /** Default: all addresses of both families. */
  readonly addresses?: readonly string[]
  /** The service's name in its answers; default: the machine's name. */
  readonly answersAs?: string
  /** Bytes sent after the greeting (TCP only). */
  readonly payloadBytes?: number
}

export interface Heard {
  /** The service's port. */
  readonly port: number
  readonly source: string
  readonly sourcePort: number
  /** The destination address of the datagram. */
  readonly at: string
}

export interface RememberOptions {
  /**
   * The folders that `restore` empties, except for the paths in `kept`. Kept files get their text back. With `folders`,
   * everything else of the network is undone and compared too. Without it, only addresses, routes, routing rules,
   * queueing disciplines and IPsec are undone, and they are compared together with tables.
   */
  readonly folders?: { readonly emptied: readonly string[]; readonly kept: readonly string[] }
}

/** One network namespace with an agent inside. */
export interface Machine extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly name: string
  readonly pid: number
  /** The argv that enters the machine; the program's own argv follows. */
  readonly inside: readonly string[]
  listen(...services: readonly Service[]): Promise<void>
  unlisten(protocol: Service['protocol'], port: number): Promise<void>
  /** Ends all services of the machine, and clears its arrivals. */
  forget(): Promise<void>
  /**
   * Tells whether a packet passes. A packet that was lost on the way counts as dropped. The probe gives up after its
   * timeout (default 300 ms), once every machine with services has handled what arrived. A machine without processor
   * time must not look like a drop.
   * @throws SourcePortInUse when no packet was sent
   */
  probe(probe: Probe): Promise<ProbeOutcome>
  /**
   * A probe that is expected to pass. It waits 20 s, so that TCP can retransmit lost packets (after 1 s, 3, 7 and 15).
   */
  reach(probe: Probe): Promise<ProbeOutcome>
  /** Every packet that came in since the machine was made, or since the last call with `clear`. */
  arrivals(options?: { readonly clear?: boolean }): Promise<readonly Arrival[]>
  /** Every datagram that a UDP service here received, answered or not; since the last call with `clear`. */
  heard(options?: { readonly clear?: boolean }): Promise<readonly Heard[]>
  /** Puts one Ethernet frame on the wire. */
  sendFrame(interfaceName: string, frame: Uint8Array): Promise<void>
  /** Runs a program inside the machine. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunOutcome>
  start(argv: readonly string[], options?: RunOptions): Running
  mustRun(argv: readonly string[], options?: RunOptions): Promise<string>
  /** Runs `ip -batch` on these lines, and waits until new IPv6 addresses are in use. */
  ip(...lines: readonly string[]): Promise<void>
  /**
   * Waits at most 30 s until these links are up and their IPv6 addresses in use. Resolves with false when they are not.
   */
  areUp(links: readonly string[]): Promise<boolean>
  /** Waits until these links have their link-local addresses; throws after 30 s. */
  settled(links: readonly string[]): Promise<void>
  /**
   * Waits until all links have their final state and addresses. Two readings in a row must agree; throws after 30 s.
   */
  quiet(): Promise<void>
  /** Records the machine's state for `restore`. */
  remember(options?: RememberOptions): Promise<void>
  /** Ends the machine's services and undoes the changes since `remember`. Resolves with what could not be undone. */
  restore(): Promise<readonly string[]>
  sysctl(name: string): Promise<string>
  setSysctl(name: string, value: string | number): Promise<void>
  /** Reads and writes files as this machine sees them, with its own /run. `sysctl` is for sysctls of the network. */
  readText(path: string): Promise<string>
  writeText(path: string, text: string): Promise<void>
}

const sysctlPath = (name: string): string =>
  `/proc/sys/${name.replaceAll('.', '\0').replaceAll('/', '.').replaceAll('\0', '/')}`

/** A file of /proc/sys/net always shows the network namespace of the process that opens it, whatever the path. */
const ownFile = (path: string): string => {
  if (!path.startsWith('/proc/sys/net')) return path
  throw new Error(`${path} would be that of this process: take sysctl() or setSysctl()`)
}

/**
 * Makes a machine: a network namespace in which only the loopback interface exists, and is up. Its IPv6 addresses are
 * never tentative.
 * @param setUp - shell lines that prepare its own mount namespace; null: it shares the file system
 * @param joins - the file of a network namespace that another program made, which the machine enters; null: a new one
 */
export const createMachine = async (
  name: string,
  setUp: string | null = null,
  joins: string | null = null,
): Promise<Machine> => {
  const agent = await startAgent(name, setUp, joins)
  const { pid } = agent
  const inside = ['nsenter', `--target=${pid}`, '--net', ...(setUp === null ? [] : ['--mount'])]
  // The agent starts the program. A jest worker would first copy the page tables of some hundred MiB
  // (agent/programs.py).
  const run: Machine['run'] = async (argv, options = {}) =>
    (await agent.ask('run', { argv, ...programOf(options) })) as RunOutcome
  const root = setUp === null ? '' : `/proc/${pid}/root`
  const probe = (asked: Probe): Promise<ProbeOutcome> =>
    probeUntilSilence(agent, { sourcePort: freshSourcePort(), ...asked })
  return {
    name,
    pid,
    inside,
    async listen(...services) {
      serving.add(agent)
      for (const service of services) {
        await agent.ask('listen', { answersAs: name, addresses: ['0.0.0.0', '::'], ...service })
      }
    },
    async unlisten(protocol, port) {
      await agent.ask('unlisten', { protocol, port })
    },
    async forget() {
      serving.delete(agent)
      await agent.ask('forget')
    },
    probe,
    reach: (asked) => probe({ timeoutMs: 20_000, ...asked }),
    async arrivals(options = {}) {
      return (await agent.ask('arrivals', options)) as readonly Arrival[]
    },
    async heard(options = {}) {
      return (await agent.ask('heard', options)) as readonly Heard[]
    },
    async sendFrame(interfaceName, frame) {
      await agent.ask('frame', { interface: interfaceName, hex: Buffer.from(frame).toString('hex') })
    },
    run,
    start: (argv, options) => start([...inside, ...argv], options),
    mustRun: async (argv, options = {}) => printedBy(argv, options, await run(argv, options)),
    async ip(...lines) {
      if ((await agent.ask('ip', { lines })) !== true)
        throw new Error(`${name}: new IPv6 addresses are not in use after 30 s: ${lines.join('; ')}`)
    },
    areUp: async (links) => (await agent.ask('carrying', { links })) === true,
    async settled(links) {
      if ((await agent.ask('settled', { links })) !== true)
        throw new Error(`${name}: no link-local addresses on ${links.join(' and ')} after 30 s`)
    },
    async quiet() {
      if ((await agent.ask('quiet')) !== true)
        throw new Error(`${name}: links have not come to their state and their addresses after 30 s`)
    },
    async remember({ folders } = {}) {
      await agent.ask('remember', {
        folders: folders?.emptied ?? null,
        kept: folders?.kept ?? [],
      })
    },
    async restore() {
      serving.delete(agent)
      return (await agent.ask('restore')) as readonly string[]
    },
    async sysctl(path) {
      return String(await agent.ask('read', { path: sysctlPath(path) })).trim()
    },
    async setSysctl(path, value) {
      await agent.ask('write', { path: sysctlPath(path), text: String(value) })
    },
    readText: async (path) => readFile(root + ownFile(path), 'utf8'),
    writeText: async (path, text) => writeFile(root + ownFile(path), text),
    [Symbol.asyncDispose]() {
      serving.delete(agent)
      return agent[Symbol.asyncDispose]()
    },
  }
}
