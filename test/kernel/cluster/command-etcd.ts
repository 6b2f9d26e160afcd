import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Etcd, startEtcd } from '../../lab/neighbour/etcd.ts'
import { commandOn } from '../../lab/resident/command-on.ts'
import { type CommandCluster, type CommandSite, openCommandCluster } from './command-cluster.ts'

/** An etcd server for the clusters of one suite, and a folder for their hosts' state. */
export interface CommandEtcd {
  /** @throws Error before the server is started */
  etcd(): Etcd
  open(...pools: readonly string[]): Promise<CommandCluster>
  start(): Promise<void>
  close(): Promise<void>
}

export const commandEtcd = (name: string): CommandEtcd => {
  let site: CommandSite | null = null
  const folder = mkdtempSync(join(tmpdir(), `portolan-${name}-`))
  const started = (): CommandSite => {
    if (site === null) throw new Error('etcd has not been started')
    return site
  }
  return {
    etcd: () => started().etcd,
    open: (...pools) => openCommandCluster(started(), folder, pools),
    start: async () => {
      const etcd = await startEtcd()
      const environment = { NODE_OPTIONS: '', HOME: folder }
      site = { etcd, environment, command: commandOn(etcd.machine, environment) }
    },
    close: async () => {
      await site?.command[Symbol.asyncDispose]()
      await site?.etcd[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
