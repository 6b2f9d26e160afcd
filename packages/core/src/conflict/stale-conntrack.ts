import type { DesiredMapping } from '../desired/index.ts'
import type { FlowFact } from '../facts/index.ts'
import { type Conflict, culpritOutsideRules } from './conflict.ts'

/**
 * Flows under way to the host port were translated to another place by somebody else, and go on going there: rules of
 * NAT are asked about the first packet of a flow only (net/netfilter/nf_nat_core.c, `nf_nat_inet_fn`).
 * @param count - how many such flows there are, this one included
 * @internal
 */
export const staleConntrack = (mapping: DesiredMapping, flow: FlowFact, count: number): Conflict => {
  const { family, protocol, hostPort, label } = mapping
  const { source, sourcePort, destination, answeredBy } = flow
  const at = (address: string, port: number): string =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  const place = at(answeredBy?.address ?? '', answeredBy?.port ?? 0)
  const many = count === 1 ? 'A flow' : `${count} flows`
  return {
    kind: 'StaleConntrack',
    severity: 'warning',
    certainty: 'certain',
    mapping: label,
    network: null,
    message: `${many} to the port of ${label} ${count === 1 ? 'is' : 'are'} bound to ${place} already, by a translation of somebody else. Connection tracking keeps ${count === 1 ? 'it' : 'them'} there for as long as packets come.`,
    witness: {
      family,
      in: null,
      source: source ?? null,
      sourcePort: sourcePort ?? null,
      destination: destination ?? '',
      destinationPort: hostPort,
      protocol,
      state: 'established',
    },
    culprit: culpritOutsideRules(
      'conntrack',
      `${protocol} ${at(source ?? '', sourcePort ?? 0)} -> ${at(destination ?? '', hostPort)} -> ${place}`,
    ),
    remedy: {
      text: 'Forget these flows once the mapping is in force; their next packets are then judged by it.',
      commands: [
        `conntrack -D -f ${family === 'ip' ? 'ipv4' : 'ipv6'} -p ${protocol} --orig-port-dst ${hostPort} --reply-src ${answeredBy?.address ?? ''}`,
      ],
    },
    trace: [],
  }
}
