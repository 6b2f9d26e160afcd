import type { EndpointAddress, Family, HostFacts, NetfilterRuleset, Packet } from '@portolan/netfilter'

/** What the page needs to answer questions about the way of a packet. */
export interface ReportQuestions {
  /** One at least; the first is the one that is asked unless another is chosen. */
  readonly situations: readonly Situation[]
  /** What `delivered` is said of. */
  readonly endpoints: readonly EndpointAddress[]
  /** Services by address. */
  readonly names: readonly (readonly [address: string, name: string])[]
  readonly senders: readonly Sender[]
  readonly destinations: readonly Destination[]
  /** Packets that conflicts show, by the number of the conflict. */
  readonly witnesses: readonly (Packet | null)[]
}

/** A host with rules: as it is, or as `apply` would leave it. */
export interface Situation {
  readonly key: 'planned' | 'present'
  readonly facts: Pick<HostFacts, 'interfaces' | 'routes' | 'rules' | 'sysctls' | 'sockets'>
  readonly rulesets: readonly NetfilterRuleset[]
  /** Families of which rules may be hidden: what is told of their packets is only possible. */
  readonly hidden: readonly Family[]
}

/** Where a packet may come from. */
export interface Sender {
  readonly kind: 'machine' | 'host' | 'container'
  readonly label: string
  /** Its address in each family; null where it has none, or the host chooses. */
  readonly ip: string | null
  readonly ip6: string | null
  /** The interface that its packets come in by; null: made on the host. */
  readonly in: string | null
}

/** Where a packet may go: a mapping. */
export interface Destination {
  readonly label: string
  readonly family: Family
  /** Null: every address of the host, and none of them is known. */
  readonly address: string | null
  readonly port: number
  readonly protocol: string
}
