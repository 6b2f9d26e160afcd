import type { FlowFact } from '@portolan/netfilter'
import { allOrNone, shellCommand } from '@portolan/netfilter/advice'
import type { DesiredMapping } from '../../contract/index.ts'
import { aboutMapping, type Conflict, culpritOutsideRules } from '../conflict.ts'

/** The flows of a mapping that conntrack binds to another place, one or more. */
export interface StaleFlows {
  readonly project: string
  readonly mapping: DesiredMapping
  readonly flows: readonly [FlowFact, ...FlowFact[]]
  /** The interface that packets of the first flow come in by; null: they are made on the host. */
  readonly in: string | null
}

/**
 * A foreign rule translated open flows to the host port to another place, and they still go there. NAT rules see only
 * the first packet of a flow (net/netfilter/nf_nat_core.c, `nf_nat_inet_fn`).
 * @internal
 */
export const staleConntrack = ({ project, mapping, flows, in: from }: StaleFlows): Conflict => {
  const { family, protocol, hostAddress, hostPort, label } = mapping
  const [{ source, sourcePort, destination, answeredBy }] = flows
  const places = [...new Set(flows.map(placeOf))]
  const others = places.length - 1
  const [many, are, them] =
    flows.length === 1 ? ['A flow', 'is', 'it'] : [`${flows.length} flows`, 'are', 'them']
  const elsewhere =
    others === 0 ? '' : others === 1 ? ' and to one other place' : ` and to ${others} other places`
  return {
    kind: 'StaleConntrack',
    severity: 'warning',
    certainty: 'certain',
    ...aboutMapping(project, mapping),
    message: `${many} to the port of ${label} ${are} bound to ${places[0]}${elsewhere} already, by a foreign translation. Connection tracking keeps ${them} there for as long as packets come.`,
    witness: {
      family,
      in: from,
      source: source ?? null,
      sourcePort: sourcePort ?? null,
      destination: destination ?? '',
      destinationPort: hostPort,
      protocol,
      state: 'established',
    },
    culprit: culpritOutsideRules(
      'conntrack',
      `${protocol} ${at(source, sourcePort)} -> ${at(destination, hostPort)} -> ${at(answeredBy?.address, answeredBy?.port)}`,
    ),
    remedy: {
      text: 'Forget these flows once the mapping is in force; their next packets are then judged by it.',
      commands: allOrNone(
        [...new Set(flows.flatMap(({ answeredBy: place }) => place?.address ?? []))].map((answering) =>
          shellCommand([
            ...['conntrack', '-D', '-f', family === 'ip' ? 'ipv4' : 'ipv6', '-p', protocol],
            ...(hostAddress === null ? [] : ['--orig-dst', hostAddress]),
            ...['--orig-port-dst', String(hostPort), '--reply-src', answering],
          ]),
        ),
      ),
    },
    trace: [],
  }
}

const at = (address = '', port = 0): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

const placeOf = ({ answeredBy }: FlowFact): string => at(answeredBy?.address, answeredBy?.port)
