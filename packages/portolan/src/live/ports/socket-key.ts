import type { DesiredMapping, PublishedPort } from '@portolan/core'

/** What mappings of one project must not share. */
export type HostSocket = Pick<
  PublishedPort,
  'family' | 'protocol' | 'hostAddress' | 'hostPort' | 'interface'
> &
  Partial<Pick<DesiredMapping, 'kind'> & Pick<PublishedPort, 'targets'>>

/** In routed mode the socket is the container's own, so its address is part of the key. */
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
