import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Etcd, startEtcd } from '../../lab/neighbour/etcd.ts'
import { type CommandCluster, openCommandCluster } from './command-cluster.ts'

/** A server of etcd for the clusters of one suite, and a folder for what their hosts remember. */
export interface CommandEtcd {
  /** @throws Error before it has been started */
  etcd(): Etcd
  open(...pools: readonly string[]): Promise<CommandCluster>
  start(): Promise<void>
  close(): Promise<void>
}

export const commandEtcd = (name: string): CommandEtcd => {
  let server: Etcd | null = null
  const folder = mkdtempSync(join(tmpdir(), `portolan-${name}-`))
  const etcd = (): Etcd => {
    if (server === null) throw new Error('etcd has not been started')
    return server
  }
  return {
    etcd,
    open: (...pools) => openCommandCluster(etcd(), folder, pools),
    start: async () => {
      server = await startEtcd()
    },
    close: async () => {
      await server?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
