import { Disposables } from './disposables.ts'
import { createMachine, type Machine } from './machine.ts'
import { type ResidentCommand, residentCommand } from './resident/resident-command.ts'
import { type ResidentModules, residentModules } from './resident/resident-modules.ts'
import { residentPlugin } from './resident/resident-plugin.ts'
import type { ResidentProcess } from './resident/resident-process.ts'
import { resolvers, wireUp } from './topology.ts'

/** The machines of a lab, wired together; see topology.ts for the picture. */
export interface Site extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly host: Machine
  readonly client: Machine
  readonly neighbour: Machine
  readonly outside: Machine
  readonly distant: Machine
  /** The `portolan` command on the host, loaded once. */
  readonly resident: ResidentCommand
  /** The library on the host, loaded once. */
  readonly modules: ResidentModules
  /** The plugins of CNI and Podman on the host, loaded once. */
  readonly plugins: ResidentProcess
}

/** The files and folders that exist in the host's /run from the beginning. */
export const hostFolder = '/run/lab'
export const hostLibrary = `${hostFolder}/var-lib`
export const hostResolvers = `${hostFolder}/resolv.conf`

// A host has its own /run and /var/lib. The command's state (leases, notes, xtables.lock) must not meet that of another
// lab.
const hostSetUp = `
mount -t tmpfs tmpfs /run
mkdir -p ${hostLibrary}
mount --bind ${hostLibrary} /var/lib
printf '${resolvers}' > ${hostResolvers}
mount --bind ${hostResolvers} /etc/resolv.conf
cd ${hostFolder}`

/** Makes the machines of a lab and connects them. */
export const openSite = async (): Promise<Site> => {
  const held = new Disposables()
  try {
    const make = async (name: string, setUp: string | null = null): Promise<Machine> =>
      held.use(await createMachine(name, setUp))
    const [host, client, neighbour, outside, distant, wire] = await Promise.all([
      make('host', hostSetUp),
      make('client'),
      make('neighbour'),
      make('outside'),
      make('distant'),
      make('wire'),
    ])
    await wireUp({ host, client, neighbour, outside, distant, wire })
    const resident = held.use(residentCommand(host.inside, { NO_COLOR: '1' }))
    const modules = held.use(residentModules(host.inside))
    const plugins = held.use(residentPlugin(host))
    return {
      host,
      client,
      neighbour,
      outside,
      distant,
      resident,
      modules,
      plugins,
      [Symbol.asyncDispose]: () => held.close(),
    }
  } catch (error) {
    await held.close()
    throw error
  }
}
