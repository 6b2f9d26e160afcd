import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  chainedPortsFolder,
  defaultStateDirectory,
  forgetChainedPorts,
  noteChainedPorts,
} from '@portolan/host'
import type { NetworkConfig } from '../config/network-config.ts'

/**
 * Which attachments of a network have ports behind another plugin: a file for each, named by its project, with the
 * container's addresses, before the ports are there and until they are gone. DEL comes without the result of ADD where the
 * runtime has none, and GC names only what is to stay.
 */
export interface Ledger {
  readonly add: (project: string, addresses: readonly string[]) => void
  readonly remove: (project: string) => void
  readonly projects: () => readonly string[]
  /** Those that one of these addresses was written down for. */
  readonly holders: (addresses: readonly string[]) => readonly string[]
}

export const ledgerOf = ({ stateDir, name }: NetworkConfig): Ledger => {
  const stateDirectory = stateDir ?? defaultStateDirectory()
  const folder = chainedPortsFolder(stateDirectory, name)
  const projects = (): readonly string[] => {
    try {
      return readdirSync(folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }
  return {
    add: (project, addresses) => noteChainedPorts(stateDirectory, name, project, addresses.join('\n')),
    remove: (project) => forgetChainedPorts(stateDirectory, project),
    projects,
    holders: (addresses) =>
      projects().filter((project) =>
        readFileSync(join(folder, project), 'utf8')
          .split('\n')
          .some((address) => addresses.includes(address)),
      ),
  }
}
