import { type Container, type ContainerOptions, createContainer } from './container.ts'
import { Disposables } from './disposables.ts'
import type { Lab } from './lab.ts'
import { createMachine, type Machine } from './machine.ts'
import { commandOn } from './resident/command-on.ts'
import type { Running, RunOutcome } from './run.ts'
import { until } from './until.ts'

/**
 *            wire (a switch, with etcd at .1)
 *   h1 .11 ─────┤  192.0.2.0/24, 2001:db8:1::/64
 *   h2 .12 ─────┤
 *   h3 .13 ─────┤
 *   client .9 ──┘
 */
export const clusterAddress = (last: number, family: 'ip' | 'ip6' = 'ip'): string =>
  family === 'ip' ? `192.0.2.${last}` : `2001:db8:1::${last}`

export interface ClusterHostMachine {
  readonly machine: Machine
  /** Runs `portolan` on this host. The first call of each verb on the site has a process of its own. */
  portolan(...words: readonly string[]): Promise<RunOutcome>
  /** Runs `portolan`, throws unless it exits with 0, and returns its standard output. */
  must(...words: readonly string[]): Promise<string>
  start(...words: readonly string[]): Running
  /** Starts a container and plugs it into a bridge of this host. */
  container(options: ContainerOptions): Promise<Container>
  /** What the programs of container engines need to run on this host; see neighbour/engine-room.ts. */
  readonly lab: Pick<Lab, 'host' | 'use' | 'command'>
  /** Writes a file below /run/lab of this host and returns its path. */
  write(name: string, text: string): Promise<string>
}

/** Hosts on one layer-2 network, with a server of etcd that all of them reach. */
export interface ClusterSite extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly hosts: readonly ClusterHostMachine[]
  readonly client: Machine
  /** Stops etcd, runs a shell script in etcd's folder, and starts etcd again. The data is in `data` of that folder. */
  restartEtcd(script: string): Promise<void>
  /** `etcd://192.0.2.1/lab` */
  readonly url: string
}

/** Prepares a host's own mount namespace: an empty state directory, and a nameserver that does not answer. */
export const hostSetUp = `
mount -t tmpfs tmpfs /run
mkdir -p /run/lab/var-lib
mount --bind /run/lab/var-lib /var/lib
printf 'nameserver 192.0.2.53\\n' > /run/lab/resolv.conf
mount --bind /run/lab/resolv.conf /etc/resolv.conf
cd /run/lab`

const etcdSetUp = 'mount -t tmpfs tmpfs /run && mkdir /run/etcd'

/** Plugs a machine into the switch, with the addresses that end in this number. */
export const plug = (wire: Machine, machine: Machine, last: number): Promise<void> =>
  wire
    .ip(
      `link add ${machine.name} type veth peer name eth0 netns ${machine.pid}`,
      `link set ${machine.name} master br0 up`,
    )
    .then(() =>
      machine.ip(
        `addr add ${clusterAddress(last)}/24 dev eth0`,
        `addr add ${clusterAddress(last, 'ip6')}/64 dev eth0 nodad`,
        'link set eth0 up',
      ),
    )

const startEtcdOn = async (machine: Machine): Promise<Running> => {
  const at = `http://${clusterAddress(1)}:2379`
  const server = machine.start(
    [
      ...['etcd', '--data-dir', '/run/etcd/data', '--log-level', 'error', '--unsafe-no-fsync'],
      ...[
        '--listen-client-urls',
        at,
        '--advertise-client-urls',
        at,
        '--listen-peer-urls',
        'http://127.0.0.1:2380',
      ],
    ],
    { timeoutMs: 600_000 },
  )
  const health = ['curl', '--silent', '--fail', '--max-time', '5', `${at}/health`]
  await until('etcd', async () => (await machine.run(health)).exitCode === 0, { beside: server })
  return server
}

export const openClusterSite = async (count: number): Promise<ClusterSite> => {
  const held = new Disposables()
  const programs = new Disposables()
  try {
    const make = async (name: string, setUp: string | null = null): Promise<Machine> =>
      held.use(await createMachine(name, setUp))
    const names = Array.from({ length: count }, (_, at) => `h${at + 1}`)
    const [wire, client, ...machines] = await Promise.all([
      make('wire', etcdSetUp),
      make('client'),
      ...names.map((name) => make(name, hostSetUp)),
    ])
    await wire.ip('link add br0 type bridge', `addr add ${clusterAddress(1)}/24 dev br0`, 'link set br0 up')
    await plug(wire, client, 9)
    for (const [at, machine] of machines.entries()) await plug(wire, machine, 11 + at)
    const links = ['br0', client.name, ...machines.map(({ name }) => name)]
    if (!(await wire.areUp(links))) throw new Error('the switch is not up after 30 s')
    const begun = new Set<string>()
    let server = await startEtcdOn(wire)
    const stopEtcd = async (): Promise<void> => {
      server.kill('SIGKILL')
      await server.outcome
    }
    return {
      hosts: machines.map((machine) => hostOn(machine, { held, programs, begun })),
      client,
      url: `etcd://${clusterAddress(1)}/lab`,
      restartEtcd: async (script) => {
        await stopEtcd()
        await wire.mustRun(['sh', '-c', `cd /run/etcd && ${script}`])
        server = await startEtcdOn(wire)
      },
      async [Symbol.asyncDispose]() {
        await stopEtcd()
        await programs.close()
        await held.close()
      },
    }
  } catch (error) {
    await held.close()
    throw error
  }
}

/** The parts that the hosts of a site share. */
export interface Shared {
  readonly held: Disposables
  readonly programs: Disposables
  /** The verbs that have run in a process of their own. Each later call runs in the resident process. */
  readonly begun: Set<string>
}

/** The command, and what else a test does, on a machine that is plugged in. */
export const hostOn = (machine: Machine, { held, programs, begun }: Shared): ClusterHostMachine => {
  const environment = { NODE_OPTIONS: '', NO_COLOR: '1', HOME: '/run/lab' }
  const command = held.use(commandOn(machine, environment, begun))
  const { argv } = command
  const portolan: ClusterHostMachine['portolan'] = (...words) => command.run(words)
  return {
    machine,
    portolan,
    must: async (...words) => {
      const { exitCode, stdout, stderr } = await portolan(...words)
      if (exitCode !== 0) throw new Error(`${words.join(' ')} exited with ${exitCode}: ${stderr}${stdout}`)
      return stdout
    },
    start: (...words) => machine.start(argv(words), { environment, timeoutMs: 600_000 }),
    container: async (options) => held.use(await createContainer(machine, options)),
    lab: { host: machine, use: (value) => programs.use(value), command: argv([]) },
    write: async (name, text) => {
      await machine.writeText(`/run/lab/${name}`, text)
      return `/run/lab/${name}`
    },
  }
}
