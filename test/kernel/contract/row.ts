import type { ProbeProtocol } from '../../lab/probe.ts'
import type { Asker, Family, Place } from './scenario.ts'

/** Where a container must believe a flow came from. */
export type SeenSource =
  /** The asker's own address. */
  | 'own'
  /** The gateway of the answering container's network. */
  | 'gateway'
  /** Any address of the host. */
  | 'a host address'
  /** The contract does not say. */
  | 'any'
  | Place

/** What must come of a flow. */
export type Expected =
  | { readonly kind: 'delivered'; readonly to: string; readonly port: number; readonly source: SeenSource }
  /** No answer, and not one packet of the flow reaches any other machine. */
  | { readonly kind: 'dropped' }
  /** Whatever the host itself says, not one packet reaches a container. */
  | { readonly kind: 'not to a container' }
  /** It arrives at a port without a listener, and the refusal (RST, ICMP error) comes back. */
  | { readonly kind: 'refused' }

/** One line of the reachability contract, asked of the scenario. */
export interface Row {
  readonly title: string
  readonly from: Asker
  readonly to: Place
  readonly port: number
  readonly protocols: readonly ProbeProtocol[]
  readonly families: readonly Family[]
  readonly expected: Expected
}

/** `nginx:80` seen from `source`. */
export const delivered = (to: string, port: number, source: SeenSource): Expected => ({
  kind: 'delivered',
  to,
  port,
  source,
})
export const dropped: Expected = { kind: 'dropped' }
export const notToAContainer: Expected = { kind: 'not to a container' }
export const refused: Expected = { kind: 'refused' }

interface Options {
  readonly protocols?: readonly ProbeProtocol[]
  readonly families?: readonly Family[]
}

/** A row for TCP in both families, unless said otherwise. */
export const row = (
  title: string,
  from: Asker,
  to: Place,
  port: number,
  expected: Expected,
  { protocols = ['tcp'], families = ['ip', 'ip6'] }: Options = {},
): Row => ({ title: `${title}: ${from} to ${to}:${port}`, from, to, port, protocols, families, expected })

export const allProtocols = ['tcp', 'udp', 'sctp'] as const
export const tcpAndUdp = ['tcp', 'udp'] as const
