import type { LeaseStore } from '@portolan/core'
import type { Links } from '@portolan/host'
import type { LiveHost } from '../live/live-host.ts'

/** What the verbs work with. */
export interface DockerParts {
  readonly host: LiveHost
  /** That of the host object too. */
  readonly leases: LeaseStore
  readonly links: Links
  /** Where leases, and the blocks of this host in a cluster, are remembered. */
  readonly stateDirectory: string
  /** Is told what is to be known and stops nothing. */
  readonly report: (text: string) => void
  /** Conflicts are told, and stop nothing. */
  readonly force: boolean
  /** Addresses that no container ever had: its start was refused. The next one gets them, so that a remedy fits it. */
  readonly unused: Set<string>
}

/** The project that networks of Docker are of. */
export const dockerProject = 'docker'

/** The address space of this IPAM driver: a network whose pool is of it has its subnet from here. */
export const addressSpace = 'portolan'

/** Docker tells a driver no names, only identifiers of 64 digits; its own commands show the first twelve. */
export const nameOf = (id: string): string => id.slice(0, 12).toLowerCase()
