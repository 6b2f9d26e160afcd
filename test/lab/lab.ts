import { fileURLToPath } from 'node:url'
import { type Container, type ContainerOptions, createContainer } from './container.ts'
import { Disposables } from './disposables.ts'
import type { Machine } from './machine.ts'
import type { ResidentModules } from './resident/resident-modules.ts'
import type { ResidentProcess } from './resident/resident-process.ts'
import { openSite, type Site } from './site.ts'

const command = fileURLToPath(new URL('../../packages/portolan/bin/portolan.js', import.meta.url))

export interface LabOptions {
  /** The host's sysctls net.bridge.bridge-nf-call-iptables and -ip6tables. */
  readonly bridgeNf?: 0 | 1
}

/** The outcome of a command on the host. */
export interface CommandOutcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * A host between two networks, with machines on both and room for containers; see topology.ts for the picture. The
 * lab's own processes hold all its namespaces, which have no names. So everything disappears when the lab is closed, or
 * when the test process ends for any reason.
 */
export interface Lab extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /**
   * The machine under test. It has its own /run, /var/lib and resolv.conf, so that Portolan's state stays inside the
   * lab.
   */
  readonly host: Machine
  /** A machine on the host's first network. It has routes to the host's own addresses and the far side only. */
  readonly client: Machine
  /** A machine on the host's first network. It routes all else, container subnets too, through the host. */
  readonly neighbour: Machine
  /** A router on the host's second network. */
  readonly outside: Machine
  /** A machine behind `outside`, past a link with a small MTU. */
  readonly distant: Machine
  /** Starts a container and plugs it into a bridge of the host. */
  container(options: ContainerOptions): Promise<Container>
  /** The lab's containers by name. */
  readonly containers: ReadonlyMap<string, Container>
  /**
   * Runs the built `portolan` command on the host. One process runs all command lines, except those with an
   * environment.
   */
  portolan(
    args: readonly string[],
    options?: { readonly environment?: Readonly<Record<string, string>> },
  ): Promise<CommandOutcome>
  /** Runs small modules that use the library, on the host, in one process. */
  readonly modules: Pick<ResidentModules, 'run'>
  /** Serves calls of the CNI and Podman plugins, on the host, in one process. */
  readonly plugins: Pick<ResidentProcess, 'ask'>
  /** The argv of the command, for tests that start, interrupt or wrap it. */
  readonly command: readonly string[]
  /** Closes `value` together with the lab. */
  use<T extends AsyncDisposable>(value: T): T
  /** Writes a file for the host, under /run/lab, and returns its path. */
  write(name: string, text: string): Promise<string>
}

/** Builds a lab, which takes about a tenth of a second. */
export const openLab = async (options: LabOptions = {}): Promise<Lab> => {
  const site = await openSite()
  return labOn(site, options, () => site[Symbol.asyncDispose]())
}

/**
 * Makes a lab on machines that exist already.
 * @param leave - called when the lab is closed and its containers are gone
 */
export const labOn = async (
  site: Site,
  { bridgeNf = 1 }: LabOptions,
  leave: () => Promise<void>,
): Promise<Lab> => {
  const { host, client, neighbour, outside, distant, resident, modules, plugins } = site
  const held = new Disposables()
  const containers = new Map<string, Container>()
  const argv = [process.execPath, command]
  let closed: Promise<void> | null = null
  // A second call to close must not give the machines back again.
  const close = (): Promise<void> => {
    closed ??= held.close().then(leave)
    return closed
  }
  try {
    for (const family of ['iptables', 'ip6tables'])
      await host.setSysctl(`net.bridge.bridge-nf-call-${family}`, bridgeNf)
  } catch (error) {
    await close()
    throw error
  }
  return {
    host,
    client,
    neighbour,
    outside,
    distant,
    containers,
    modules,
    plugins,
    command: argv,
    async container(containerOptions) {
      const made = held.use(await createContainer(host, containerOptions))
      containers.set(made.name, made)
      return made
    },
    portolan: async (args, { environment } = {}) =>
      (environment === undefined ? resident.run(args) : null) ??
      host.run([...argv, ...args], { environment: { NO_COLOR: '1', ...environment } }),
    use: (value) => held.use(value),
    async write(name, text) {
      await host.writeText(`/run/lab/${name}`, text)
      return `/run/lab/${name}`
    },
    [Symbol.asyncDispose]: close,
  }
}
