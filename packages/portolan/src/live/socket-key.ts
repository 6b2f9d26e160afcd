import type { Family } from '@portolan/netfilter'

/** A host socket of one family. */
export interface HostSocket {
  readonly family: Family
  readonly protocol: string
  readonly hostAddress: string | null
  readonly hostPort: number
}

/** What two mappings must not share. */
export const socketKey = ({ family, protocol, hostAddress, hostPort }: HostSocket): string =>
  `${family} ${protocol} ${hostAddress ?? '*'} ${hostPort}`
