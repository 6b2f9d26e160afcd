import type { DesiredMapping } from '../desired/index.ts'
import type { SocketFact } from '../facts/index.ts'
import { type Conflict, culpritOutsideRules } from './conflict.ts'

/**
 * A process on the host listens on the host port. Destination NAT in prerouting runs before local delivery, so
 * clients of the process from other machines would reach the container instead; and the same in output for
 * processes on the host.
 * @param calledAt - an address of the host where the process is called and the mapping answers; null: none known
 * @internal
 */
export const hostPortTaken = (
  mapping: DesiredMapping,
  socket: SocketFact,
  calledAt: string | null,
): Conflict => {
  const { protocol, hostPort, label, family } = mapping
  const listener = socket.process ?? 'a process'
  const address = socket.address ?? (family === 'ip' ? '0.0.0.0' : '::')
  const place = `${address.includes(':') ? `[${address}]` : address}:${hostPort}/${protocol}`
  return {
    kind: 'HostPortTaken',
    severity: 'error',
    certainty: 'certain',
    mapping: label,
    network: null,
    message:
      `${listener} already listens on ${place}. Once ${label} is in force, clients on other machines and ` +
      `processes on this host that call it there reach the container instead: the mapping would take the port away from it.`,
    witness:
      calledAt === null
        ? null
        : {
            family,
            protocol,
            from: { kind: 'host', address: null },
            to: { address: calledAt, port: hostPort },
          },
    culprit: culpritOutsideRules('socket', place, socket.process ?? null),
    remedy: {
      text: `Publish on another host port or on another host address, or stop ${listener} first.`,
      commands: [],
    },
    trace: [],
  }
}
