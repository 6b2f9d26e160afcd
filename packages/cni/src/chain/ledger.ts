import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  chainedPortsFolder,
  defaultStateDirectory,
  forgetChainedPorts,
  noteChainedPorts,
} from '@portolan/host'
import { errorCode } from '@portolan/netfilter/schema'
import type { NetworkConfig } from '../config/network-config.ts'

/**
 * The attachments of a network with ports behind another plugin. Each has a file with the name of its project and the
 * container's addresses. The file is written before the ports are published and stays until they are removed. The
 * runtime may have no result of ADD for DEL, and GC names only the attachments to keep.
 */
export interface Ledger {
  readonly add: (project: string, addresses: readonly string[]) => void
  readonly remove: (project: string) => void
  readonly projects: () => readonly string[]
  /** The projects whose file has one of these addresses. */
  readonly holders: (addresses: readonly string[]) => readonly string[]
}

export const ledgerOf = ({ stateDir, name }: NetworkConfig): Ledger => {
  const stateDirectory = stateDir ?? defaultStateDirectory()
  const folder = chainedPortsFolder(stateDirectory, name)
  const projects = (): readonly string[] => {
    try {
      return readdirSync(folder)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return []
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
