import type { Family } from '@portolan/netfilter'
import type { DesiredTarget } from './desired-state.ts'

const hostName = (family: Family, address: string | null): string =>
  family === 'ip' ? (address ?? '0.0.0.0') : `[${address ?? '::'}]`

/**
 * A service's replica as people name it: the first is the service itself.
 * @internal
 */
export const replicaName = ({
  service,
  replica,
}: {
  readonly service: string
  readonly replica: number
}): string => (replica === 1 ? service : `${service}-${replica}`)

/**
 * A host socket as people write it: `0.0.0.0:8080/tcp`, `[::]:53/udp`, `0.0.0.0:80/tcp on eth0`.
 * @internal
 */
export const socketLabel = (socket: {
  readonly family: Family
  readonly protocol: string
  readonly hostAddress: string | null
  readonly hostPort: number
  readonly interface: string | null
}): string =>
  `${hostName(socket.family, socket.hostAddress)}:${socket.hostPort}/${socket.protocol}${socket.interface === null ? '' : ` on ${socket.interface}`}`

/**
 * What a mapping leads to: `nginx:80`, `a:80 and b:80`.
 * @internal
 */
export const targetsLabel = (targets: readonly DesiredTarget[]): string => {
  const [only, ...more] = targets
  // Of one target, as of thousands of mappings, nothing has to be joined.
  return only === undefined || more.length > 0 ? targets.map(targetLabel).join(' and ') : targetLabel(only)
}

const targetLabel = (target: DesiredTarget): string => `${replicaName(target)}:${target.port}`
