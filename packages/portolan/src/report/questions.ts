import type { EndpointAddress, Family, HostFacts, NetfilterRuleset, Packet } from '@portolan/netfilter'

/** The data with which the page answers questions about the path of a packet. */
export interface ReportQuestions {
  /** One at least. The first is used unless the reader chooses another. */
  readonly situations: readonly Situation[]
  /** The addresses at which a packet counts as `delivered`. */
  readonly endpoints: readonly EndpointAddress[]
  /** The names of services, by address. */
  readonly names: readonly (readonly [address: string, name: string])[]
  readonly senders: readonly Sender[]
  readonly destinations: readonly Destination[]
  /** The witnesses of conflicts, by the index of the conflict. */
  readonly witnesses: readonly (Packet | null)[]
}

/** A host with rules: as it is, or as `apply` would leave it. */
export interface Situation {
  readonly key: 'planned' | 'present'
  readonly facts: Pick<HostFacts, 'interfaces' | 'routes' | 'rules' | 'sysctls' | 'sockets'>
  readonly rulesets: readonly NetfilterRuleset[]
  /** Families of which rules may be hidden. A result about their packets is only possible, not certain. */
  readonly hidden: readonly Family[]
}

/** A place from which a packet may come. */
export interface Sender {
  readonly kind: 'machine' | 'host' | 'container'
  readonly label: string
  /** Its address in each family; null: it has none, or the host chooses one. */
  readonly ip: string | null
  readonly ip6: string | null
  /** The interface by which its packets come in; null: they are made on the host. */
  readonly in: string | null
}

/** A place to which a packet may go: a mapping. */
export interface Destination {
  readonly label: string
  readonly family: Family
  /** Null: the mapping has every address of the host, and none of these is known. */
  readonly address: string | null
  readonly port: number
  readonly protocol: string
}
