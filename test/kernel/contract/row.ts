import type { ProbeProtocol } from '../../lab/probe.ts'
import type { Family, Place, Sender } from './scenario.ts'

/** The source that the container must see. */
export type SeenSource =
  /** The sender's own address. */
  | 'own'
  /** The gateway of the answering container's network. */
  | 'gateway'
  /** Any address of the host. */
  | 'a host address'
  /** The contract does not fix it. */
  | 'any'
  | Place

/** The required outcome of a flow. */
export type Expected =
  | { readonly kind: 'delivered'; readonly to: string; readonly port: number; readonly source: SeenSource }
  /** No answer, and not one packet of the flow reaches any other machine. */
  | { readonly kind: 'dropped' }
  /** No packet reaches a container. The host itself may answer anything. */
  | { readonly kind: 'not to a container' }
  /** The packet arrives at a port without a listener, and the refusal (RST, ICMP error) comes back. */
  | { readonly kind: 'refused' }

/** One row of the reachability contract, tested on the scenario. */
export interface Row {
  readonly title: string
  readonly from: Sender
  readonly to: Place
  readonly port: number
  readonly protocols: readonly ProbeProtocol[]
  readonly families: readonly Family[]
  readonly expected: Expected
}

/** Expects an answer from `to` at this port, which sees this source. */
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

const seenSource = (source: SeenSource): string => {
  if (source === 'own') return ', with the source of the sender'
  if (source === 'gateway') return ', with the source of its gateway'
  return source === 'any' ? '' : `, with the source of ${source}`
}

const outcomeOf = (expected: Expected): string => {
  switch (expected.kind) {
    case 'delivered':
      return `reaches ${expected.to}:${expected.port}${seenSource(expected.source)}`
    case 'dropped':
      return 'is dropped'
    case 'not to a container':
      return 'reaches no container'
    case 'refused':
      return 'is refused by the container'
  }
}

/**
 * A row for TCP in both families, unless given otherwise.
 * @param situation - the kind of flow; the title also has its ends and its outcome
 */
export const row = (
  situation: string,
  from: Sender,
  to: Place,
  port: number,
  expected: Expected,
  { protocols = ['tcp'], families = ['ip', 'ip6'] }: Options = {},
): Row => ({
  title: `${situation}: ${from} to ${to}:${port} ${outcomeOf(expected)}`,
  ...{ from, to, port, protocols, families, expected },
})

export const allProtocols = ['tcp', 'udp', 'sctp'] as const
export const tcpAndUdp = ['tcp', 'udp'] as const
