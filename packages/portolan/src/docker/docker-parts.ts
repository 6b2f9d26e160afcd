import type { DesiredEndpoint, LeaseStore } from '@portolan/core'
import type { Links } from '@portolan/host'
import type { LiveHost } from '../live/live-host.ts'

/** The tools that the driver's verbs work with. */
export interface DockerParts {
  readonly host: LiveHost
  /** The lease store that `host` uses too. */
  readonly leases: LeaseStore
  readonly links: Links
  /** The directory with the leases and the blocks of this host in a cluster. */
  readonly stateDirectory: string
  /** Receives notes that do not stop the work. */
  readonly report: (text: string) => void
  /** Conflicts are reported and do not stop a container. */
  readonly force: boolean
  /**
   * Addresses whose container was refused at its start, so no container ever had them. They are released without a
   * trace and the next container gets them again, so that a remedy in an error message fits it.
   */
  readonly unused: Set<string>
  /**
   * The endpoints that the start of this program gave up, by address. dockerd may still call for one: it joins an
   * endpoint that it had just created, and releases the address of a container that has ended.
   */
  readonly givenUp: Map<string, DesiredEndpoint>
}

/** The project that networks of Docker belong to. */
export const dockerProject = 'docker'

/** The address space of this IPAM driver. The subnet of a pool with this address space comes from this driver. */
export const addressSpace = 'portolan'

/** Docker tells a driver no names, only identifiers of 64 digits; its own commands show the first twelve. */
export const nameOf = (id: string): string => id.slice(0, 12).toLowerCase()
