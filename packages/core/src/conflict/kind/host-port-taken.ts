import type { SocketFact } from '@portolan/netfilter'
import type { DesiredMapping } from '../../contract/index.ts'
import { aboutMapping, type Conflict, culpritOutsideRules } from '../conflict.ts'

/**
 * A process on the host listens on the host port. Destination NAT in prerouting runs before local delivery, so the
 * process's clients on other machines would reach the container instead. In output, the same holds for processes on the
 * host.
 * @param calledAt - an address of the host at which clients call the process and the mapping answers; null: none is
 *   known
 * @param isClient - the kernel may have given the port to a UDP client. A UDP socket does not show whether it is a
 *   server or a client. Most such ports belong to clients (DNS, QUIC), and conntrack still knows their replies
 * @internal
 */
export const hostPortTaken = (
  project: string,
  mapping: DesiredMapping,
  socket: SocketFact,
  calledAt: string | null,
  isClient: boolean,
): Conflict => {
  const { protocol, hostPort, label, family } = mapping
  const listener = socket.process ?? 'a process'
  const address = socket.address ?? (family === 'ip' ? '0.0.0.0' : '::')
  const place = `${address.includes(':') ? `[${address}]` : address}:${hostPort}/${protocol}`
  const callers = address.startsWith('127.')
    ? 'processes on this host (other machines never reach a loopback address)'
    : 'clients on other machines and processes on this host'
  return {
    kind: 'HostPortTaken',
    severity: isClient ? 'warning' : 'error',
    certainty: isClient ? 'possible' : 'certain',
    ...aboutMapping(project, mapping),
    message: isClient
      ? `${listener} has ${place} open, a port that the kernel gives to clients (net.ipv4.ip_local_port_range), so it most likely is a client itself. If it is a server, its clients reach the container instead once ${label} is in force.`
      : `${listener} already listens on ${place}. Once ${label} is in force, ${callers} ` +
        `that call it there reach the container instead: the mapping would take the port away from it.`,
    witness:
      calledAt === null
        ? null
        : {
            family,
            in: null,
            source: null,
            destination: calledAt,
            destinationPort: hostPort,
            protocol,
            state: 'new',
          },
    culprit: culpritOutsideRules('socket', place, socket.process ?? null),
    remedy: {
      text: isClient
        ? `Nothing, if ${listener} is a client: it takes another port the next time. Otherwise publish on another host port.`
        : `Publish on another host port or on another host address, or stop ${listener} first.`,
      commands: [],
    },
    trace: [],
  }
}
