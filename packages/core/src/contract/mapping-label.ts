import type { Family } from '@portolan/netfilter'
import type { DesiredTarget } from './desired-state.ts'

const hostName = (family: Family, address: string | null): string =>
  family === 'ip' ? (address ?? '0.0.0.0') : `[${address ?? '::'}]`

/**
 * The name of a service's replica for people: the first replica has the name of the service.
 * @example
 * replicaName({ service: 'web', replica: 2 }) // 'web-2'
 * @public @since 0.1.0
 */
export const replicaName = ({
  service,
  replica,
}: {
  readonly service: string
  readonly replica: number
}): string => (replica === 1 ? service : `${service}-${replica}`)

/**
 * The properties that identify a host socket.
 * @public @since 0.1.0
 */
export interface HostSocket {
  readonly family: Family
  readonly protocol: string
  readonly hostAddress: string | null
  readonly hostPort: number
  readonly interface: string | null
}

/**
 * A host socket as people write it: `0.0.0.0:8080/tcp`, `[::]:53/udp`, `0.0.0.0:80/tcp on eth0`.
 * @internal
 */
export const socketLabel = (socket: HostSocket): string =>
  `${hostName(socket.family, socket.hostAddress)}:${socket.hostPort}/${socket.protocol}${socket.interface === null ? '' : ` on ${socket.interface}`}`

/**
 * A mapping as people write it: `0.0.0.0:8080/tcp -> nginx:80`.
 * @example
 * const socket = { family: 'ip', protocol: 'tcp', hostAddress: null, hostPort: 8080, interface: null } as const
 * mappingLabel(socket, [{ service: 'web', replica: 1, network: 'front', address: '172.17.0.1', port: 80, weight: 1 }])
 * // '0.0.0.0:8080/tcp -> web:80'
 * @public @since 0.1.0
 */
export const mappingLabel = (socket: HostSocket, targets: readonly DesiredTarget[]): string =>
  // Joined instead of a template: V8 keeps a template's text as a tree of its parts, which takes four times the memory
  // for a hundred thousand labels.
  [socketLabel(socket), targetsLabel(targets)].join(' -> ')

/** The targets of a mapping: `nginx:80`, `a:80 and b:80`. */
const targetsLabel = (targets: readonly DesiredTarget[]): string => {
  const [only, ...more] = targets
  // Thousands of mappings have one target, which needs no join.
  return only === undefined || more.length > 0 ? targets.map(targetLabel).join(' and ') : targetLabel(only)
}

const targetLabel = (target: DesiredTarget): string => `${replicaName(target)}:${target.port}`
