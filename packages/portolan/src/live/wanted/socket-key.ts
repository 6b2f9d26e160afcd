import type { DesiredMapping, PublishedPort } from '@portolan/core'

/** A host socket. Two mappings of one project must not share it. */
export type HostSocket = Pick<
  PublishedPort,
  'family' | 'protocol' | 'hostAddress' | 'hostPort' | 'interface'
> &
  Partial<Pick<DesiredMapping, 'kind'> & Pick<PublishedPort, 'targets'>>

/**
 * The key of a host socket. In routed mode the socket is the container's own, so the container's address is in the key.
 */
export const socketKey = ({
  family,
  protocol,
  hostAddress,
  hostPort,
  interface: name,
  kind,
  targets,
}: HostSocket): string =>
  `${family} ${protocol} ${(kind === 'direct' ? `to ${targets?.[0]?.address}` : hostAddress) ?? '*'} ${hostPort}${name === null ? '' : ` on ${name}`}`
